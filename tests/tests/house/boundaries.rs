//! What may stand in one place only, and what must stand nowhere.

use crate::source::{Blank, blank, is_test, lines_with, without_tests};
use crate::tree::Tree;
use crate::{exactly, none};

/// Something that only some places may name.
struct Boundary {
    /// What is named in code.
    words: &'static [&'static str],
    /// Where it is looked for.
    under: &'static [&'static str],
    /// Where it may stand.
    places: &'static [&'static str],
    /// Why, and what to do instead.
    why: &'static str,
}

const BOUNDARIES: &[Boundary] = &[
    Boundary {
        words: &["Publisher", "Flight"],
        under: &["gateway/"],
        places: &[
            "gateway/server/src/broker/",
            "gateway/server/src/flow/publish/",
            // Outcomes of agencies, confirmed before they are acknowledged or answered 2xx.
            "gateway/server/src/dispatch/",
            "gateway/server/src/http/callbacks/",
        ],
        why: "nothing is published outside the outbox: write a row with `store::outbox`",
    },
    Boundary {
        words: &["backoff::"],
        under: &["gateway/", "adapters/", "schemas/", "tests/"],
        places: &["gateway/server/src/broker/reconnect.rs"],
        why: "unmaintained, so it stands in one module; a retry that must survive a restart is a timer",
    },
    Boundary {
        words: &["lapin"],
        under: &["gateway/", "adapters/", "schemas/"],
        places: &["gateway/server/src/broker/"],
        why: "the broker is spoken to through `broker::{Publisher, BatchConsumer}`",
    },
    Boundary {
        words: &["query!", "query_as!", "query_scalar!", "raw_sql"],
        under: &["gateway/"],
        // `serve` asks whether the database answers at all.
        places: &["gateway/server/src/store/", "gateway/server/src/http/serve.rs"],
        why: "SQL stands in `store`, where the rights of each role are known",
    },
    Boundary {
        words: &["sqlx", "PgPool", "wasl_core", "wasl::", "lapin"],
        under: &["adapters/", "schemas/"],
        places: &[],
        why: "an adapter sees neither the database nor the broker nor the rules",
    },
    Boundary {
        words: &["sqlx", "PgPool", "store", "wasl_core"],
        under: &["gateway/server/src/dispatch/"],
        places: &[],
        why: "the role that runs an adapter has no database: what it knows comes in the request",
    },
    Boundary {
        words: &[
            "reqwest::Client",
            "reqwest::ClientBuilder",
            "reqwest::get",
            "reqwest::blocking",
            "Client::builder",
        ],
        under: &["adapters/src/"],
        places: &["adapters/src/transport/"],
        why: "own roots, limits and no redirects: `transport::http::HttpClient`",
    },
    Boundary {
        words: &["std::env::var", "std::env::vars", "std::env::var_os", "env::var"],
        under: &["gateway/", "adapters/src/", "schemas/src/"],
        // The second one is in no program but the one for tests.
        places: &["gateway/server/src/config/", "adapters/src/faults/switches.rs"],
        why: "settings come from `config/wasl.toml` and its layers, where unknown ones are refused",
    },
    Boundary {
        words: &["wasl::", "wasl_core", "wasl_schemas", "wasl_adapters"],
        under: &["tests/src/"],
        places: &[],
        why: "sandbox, communes and oracle are written against the contracts, so that a shared mistake shows",
    },
];

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for Boundary { words, under, places, why } in BOUNDARIES {
        let files = under.iter().flat_map(|under| tree.files(under, ".rs"));
        let product =
            |path: &str| !is_test(path) && !path.contains("/benches/") || under.contains(&"tests/src/");
        for (path, text) in
            files.filter(|(path, _)| product(path) && !places.iter().any(|p| path.starts_with(p)))
        {
            let code = without_tests(&blank(text, Blank::CommentsAndStrings));
            for word in *words {
                let named = lines_with(&code, word).into_iter();
                faults.extend(named.map(|line| format!("{path}:{line}: `{word}`: {why}")));
            }
        }
    }
    faults
}

#[test]
fn each_thing_stands_where_it_belongs() {
    none(&faults(Tree::repository()));
}

#[test]
fn what_stands_elsewhere_is_seen() {
    let planted = Tree::of(&[
        ("gateway/server/src/flow/publish/mod.rs", "use crate::broker::Publisher;"),
        ("gateway/server/src/http/api/files.rs", "use crate::broker::Publisher;"),
        ("gateway/server/src/flow/remind.rs", "use crate::broker::Flight;"),
        ("gateway/server/src/http/api/mod.rs", "use backoff::ExponentialBackoff;\nlet outbox_backoff = 1;"),
        ("adapters/src/onee/call.rs", "use sqlx::PgPool; // lapin\nuse wasl_schemas::id::FileId;"),
        ("gateway/server/src/dispatch/mod.rs", "use crate::store::Unit;"),
        ("tests/src/oracle/mod.rs", "use wasl_core::time::zone;"),
    ]);
    exactly(
        &faults(&planted),
        &[
            "remind.rs:1: `Flight`",
            "files.rs:1: `Publisher`",
            "mod.rs:1: `backoff::`",
            "`sqlx`",
            "`PgPool`",
            "`store`",
            "`wasl_core`",
        ],
    );
}

/// Names on the broker, which stand once: `wasl_schemas::wire`.
const NAMES: &[&str] = &["wasl.in", "wasl.out", "wasl.answers", "wasl.review", "wasl.dead", "wasl.unrouted"];

fn names(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for under in ["gateway/server/src/", "adapters/src/"] {
        for (path, text) in tree.files(under, ".rs").filter(|(path, _)| !is_test(path)) {
            let text = without_tests(&blank(text, Blank::Comments));
            for name in NAMES {
                let named = lines_with(&text, &format!("\"{name}\"")).into_iter();
                faults.extend(
                    named.map(|line| format!("{path}:{line}: `{name}`: take it from `wasl_schemas::wire`")),
                );
            }
        }
    }
    faults
}

#[test]
fn names_on_the_broker_stand_once() {
    none(&names(Tree::repository()));
    let planted = Tree::of(&[("gateway/server/src/flow/x.rs", "// \"wasl.in\"\npublish(\"wasl.out\")")]);
    exactly(&names(&planted), &["x.rs:2: `wasl.out`"]);
}

/// Features of the broker that would keep time there.
const BROKER_TIMERS: &[&str] =
    &["message-ttl", "x-delayed-message", "x-delayed-type", "x-delay", "x-expires", "with_expiration"];

fn broker_timers(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for ending in [".rs", ".sh", ".toml", ".json", ".yaml", ".conf"] {
        for (path, text) in tree.files("", ending).filter(|(path, _)| !path.starts_with("tests/tests/house/"))
        {
            let text = if ending == ".rs" { blank(text, Blank::Comments) } else { text.to_owned() };
            for word in BROKER_TIMERS {
                let named = lines_with(&text, word).into_iter();
                faults.extend(named.map(|line| {
                    format!("{path}:{line}: `{word}`: no deadline lives in the broker; a timer in the database does")
                }));
            }
        }
    }
    faults
}

#[test]
fn no_deadline_lives_in_the_broker() {
    none(&broker_timers(Tree::repository()));
    let planted = Tree::of(&[("gateway/server/src/broker/x.rs", "let a = \"x-message-ttl\"; // x-expires")]);
    exactly(&broker_timers(&planted), &["x.rs:1: `message-ttl`"]);
}
