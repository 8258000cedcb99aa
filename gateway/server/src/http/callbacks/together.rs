//! What many callbacks ask of the database at the same time is asked with one statement: while one is under way, those
//! that come meanwhile wait for the next, which asks for all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::store::StoreError;

/// Questions of one statement.
const QUESTIONS_MAX: usize = 256;

/// A question, and where its answer is waited for.
type Asked<Q, A> = (Q, oneshot::Sender<Result<A, StoreError>>);

/// Questions of one kind with their answers.
#[derive(Debug)]
pub(super) struct Together<Q, A> {
    waiting: Mutex<Vec<Asked<Q, A>>>,
    turn: Turn<()>,
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: Turn::default() }
    }
}

impl<Q: Clone, A> Together<Q, A> {
    /// The answer to a question; `all` answers many, in their order. Whoever has the turn asks for all who wait.
    ///
    /// # Errors
    /// Those of `all`: a question that the database refuses is refused alone.
    pub(super) async fn ask<F>(&self, question: Q, all: impl Fn(Vec<Q>) -> F) -> Result<A, StoreError>
    where
        F: Future<Output = Result<Vec<A>, StoreError>>,
    {
        let mut answer = self.wait(question.clone());
        let _turn = self.turn.lock().await;
        loop {
            match answer.try_recv() {
                Ok(answer) => return answer,
                Err(TryRecvError::Empty) => {}
                // Whoever asked for it has gone away.
                Err(TryRecvError::Closed) => answer = self.wait(question.clone()),
            }
            let asked: Vec<Asked<Q, A>> = {
                let mut waiting = self.lock();
                let count = waiting.len().min(QUESTIONS_MAX);
                waiting.drain(..count).collect()
            };
            settle(asked, &all).await;
        }
    }

    fn wait(&self, question: Q) -> oneshot::Receiver<Result<A, StoreError>> {
        let (sender, answer) = oneshot::channel();
        self.lock().push((question, sender));
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Asked<Q, A>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks, and tells everybody. Who has gone away in the meantime hears nothing.
async fn settle<Q: Clone, A, F>(asked: Vec<Asked<Q, A>>, all: impl Fn(Vec<Q>) -> F)
where
    F: Future<Output = Result<Vec<A>, StoreError>>,
{
    match all(asked.iter().map(|(question, _)| question.clone()).collect()).await {
        Ok(answers) => {
            for ((_, sender), answer) in asked.into_iter().zip(answers) {
                let _ = sender.send(Ok(answer));
            }
        }
        Err(StoreError::Unavailable(error)) => {
            tracing::debug!(%error, questions = asked.len(), "not answered");
            for (_, sender) in asked {
                let _ = sender.send(Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)));
            }
        }
        // One of them is the reason: each for itself.
        Err(_) => {
            for (question, sender) in asked {
                let answer = all(vec![question]).await;
                let _ =
                    sender.send(answer.and_then(|mut one| {
                        one.pop().ok_or(StoreError::Unavailable(sqlx::Error::RowNotFound))
                    }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Doubles, after everybody else has had time to ask.
    async fn doubled(statements: &AtomicUsize, questions: Vec<u32>) -> Result<Vec<u32>, StoreError> {
        assert!(questions.len() <= QUESTIONS_MAX);
        statements.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ok(questions.iter().map(|n| n * 2).collect())
    }

    #[tokio::test]
    async fn everybody_hears_the_own_answer_and_few_statements_are_made() {
        let (together, statements) = (Arc::new(Together::default()), Arc::new(AtomicUsize::new(0)));
        let asking = (0..1_000_u32).map(|n| {
            let (together, statements) = (Arc::clone(&together), Arc::clone(&statements));
            tokio::spawn(async move { together.ask(n, |all| doubled(&statements, all)).await.unwrap() })
        });
        let asking: Vec<_> = asking.collect();
        for (n, answer) in asking.into_iter().enumerate() {
            assert_eq!(answer.await.unwrap() as usize, n * 2);
        }
        assert!(statements.load(Ordering::Relaxed) < 20, "{statements:?}");
    }

    #[tokio::test]
    async fn what_the_database_refuses_is_refused_alone() {
        let together = Together::default();
        let ask = |n: u32| {
            together.ask(n, |all| async {
                tokio::task::yield_now().await;
                if all.contains(&2) { Err(StoreError::Fenced(0)) } else { Ok(all) }
            })
        };
        let answers = tokio::join!(ask(1), ask(2), ask(3), ask(4));
        assert!(matches!(answers.1, Err(StoreError::Fenced(0))));
        assert_eq!((answers.0.unwrap(), answers.2.unwrap(), answers.3.unwrap()), (1, 3, 4));
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_asked_once_for_all_who_wait() {
        let (together, statements) = (Together::default(), AtomicUsize::new(0));
        let ask = |n: u32| {
            together.ask(n, |_| async {
                statements.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Err::<Vec<u32>, _>(StoreError::Unavailable(sqlx::Error::PoolTimedOut))
            })
        };
        let answers = tokio::join!(ask(1), ask(2), ask(3));
        assert!(answers.0.is_err() && answers.1.is_err() && answers.2.is_err());
        assert!(statements.load(Ordering::Relaxed) <= 2, "{statements:?}");
    }

    #[tokio::test]
    async fn one_who_goes_away_while_asking_for_others_leaves_none_of_them_without_an_answer() {
        let together = Arc::new(Together::default());
        let stuck = tokio::spawn({
            let together = Arc::clone(&together);
            async move { together.ask(1, |_: Vec<u32>| std::future::pending::<Result<Vec<u32>, _>>()).await }
        });
        tokio::task::yield_now().await;
        let other = tokio::spawn({
            let together = Arc::clone(&together);
            async move { together.ask(2, async |all: Vec<u32>| Ok(all)).await.unwrap() }
        });
        tokio::task::yield_now().await;
        stuck.abort();
        assert_eq!(other.await.unwrap(), 2);
    }
}
