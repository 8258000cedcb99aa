//! Query parameters: unknown ones and malformed ones are refused by name, never ignored.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The query of a request as `T`, whose unknown keys are refused (`deny_unknown_fields`).
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(Problem::query(&parameter(&rejection.body_text()))),
        }
    }
}

/// The name of the parameter in serde's words: `limit: invalid digit …` or "unknown field `x`, …".
fn parameter(text: &str) -> String {
    let text = text.rsplit_once("query string: ").map_or(text, |(_, rest)| rest);
    let quoted = text.split('`').nth(1).filter(|_| text.contains("field `"));
    let name = quoted.or_else(|| text.split_once(':').map(|(name, _)| name)).unwrap_or("query");
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        limit: Option<u32>,
    }

    async fn ask(query: &str) -> Result<Option<u32>, Problem> {
        let request = Request::get(format!("/x?{query}")).body(()).unwrap();
        let asked = Asked::<Example>::from_request_parts(&mut request.into_parts().0, &()).await;
        asked.map(|Asked(example)| example.limit)
    }

    #[tokio::test]
    async fn a_wrong_parameter_is_named_and_its_value_is_not_repeated() {
        assert_eq!(ask("limit=5").await, Ok(Some(5)));
        assert_eq!(ask("").await, Ok(None));
        assert_eq!(ask("limit=secret").await, Err(Problem::query("limit")));
        assert_eq!(ask("lmit=5").await, Err(Problem::query("lmit")));
    }
}
