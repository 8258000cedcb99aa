//! Every mode against a server that repeats what it hears.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Mode, Proxy};

/// Longer than anything here lasts.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long nothing may come.
const SILENCE: Duration = Duration::from_millis(200);

/// A server that repeats what it hears, and counts the bytes.
struct Echo {
    proxy: Proxy,
    heard: Arc<AtomicU64>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(AtomicU64::new(0));
        let counted = heard.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let heard = counted.clone();
                tokio::spawn(async move {
                    let mut piece = [0; 4096];
                    while let Ok(n @ 1..) = stream.read(&mut piece).await {
                        heard.fetch_add(n as u64, Ordering::SeqCst);
                        if stream.write_all(&piece[..n]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { proxy: Proxy::start(upstream).await.unwrap(), heard }
    }

    async fn line(&self) -> TcpStream {
        TcpStream::connect(self.proxy.address()).await.unwrap()
    }

    /// What comes back for ten bytes, until so many are there or the line ends.
    async fn say(&self, line: &mut TcpStream, most: usize) -> Vec<u8> {
        line.write_all(b"0123456789").await.unwrap();
        let mut back = vec![0; most];
        let mut at = 0;
        while at < most {
            match tokio::time::timeout(PATIENCE, line.read(&mut back[at..])).await.expect("the line hangs") {
                Ok(n @ 1..) => at += n,
                _ => break,
            }
        }
        back.truncate(at);
        back
    }

    async fn heard(&self, bytes: u64) {
        let all = async {
            while self.heard.load(Ordering::SeqCst) < bytes {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.expect("the server did not hear it");
        assert_eq!(self.heard.load(Ordering::SeqCst), bytes);
    }
}

async fn silent(line: &mut TcpStream) {
    let mut byte = [0; 1];
    assert!(tokio::time::timeout(SILENCE, line.read(&mut byte)).await.is_err(), "something came");
}

#[tokio::test]
async fn passing_it_changes_nothing_and_half_a_close_is_handed_on() {
    let echo = Echo::start().await;
    let mut line = echo.line().await;
    assert_eq!(echo.say(&mut line, 10).await, b"0123456789");
    line.shutdown().await.unwrap();
    assert_eq!(line.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!((echo.proxy.counts().lines, echo.proxy.counts().faults()), (1, 0));
}

#[tokio::test]
async fn a_delay_holds_each_way_and_ends_with_the_mode() {
    let echo = Echo::start().await;
    let mut line = echo.line().await;
    echo.proxy.set(Mode::Delay { ms: 60 });
    let begin = Instant::now();
    assert_eq!(echo.say(&mut line, 10).await, b"0123456789");
    assert!(begin.elapsed() >= Duration::from_millis(120), "{:?}", begin.elapsed());
    assert_eq!(echo.proxy.counts().delayed, 1);
    echo.proxy.set(Mode::Pass);
    assert_eq!(echo.say(&mut line, 10).await, b"0123456789");
}

#[tokio::test]
async fn cut_after_the_request_the_server_hears_so_much_and_the_client_nothing() {
    let echo = Echo::start().await;
    for (bytes, heard) in [(4, 4), (10, 14), (1000, 24)] {
        echo.proxy.set(Mode::CutAfterRequest { bytes });
        assert!(echo.say(&mut echo.line().await, 10).await.is_empty());
        echo.heard(heard).await;
    }
    assert_eq!(echo.proxy.counts().cut_after_request, 3);
}

#[tokio::test]
async fn half_an_answer_is_what_the_client_gets_on_an_open_line_and_on_a_new_one() {
    let echo = Echo::start().await;
    let mut open = echo.line().await;
    assert_eq!(echo.say(&mut open, 10).await.len(), 10);
    echo.proxy.set(Mode::HalfAnswer { bytes: 7 });
    assert_eq!(echo.say(&mut open, 10).await, b"0123456");
    assert_eq!(echo.say(&mut echo.line().await, 10).await, b"0123456");
    echo.heard(30).await;
    assert_eq!(echo.proxy.counts().half_answers, 2);
}

#[tokio::test]
async fn cut_after_the_commit_the_server_has_done_it_and_the_client_cannot_know() {
    let echo = Echo::start().await;
    let mut line = echo.line().await;
    echo.proxy.once(Mode::CutAfterCommit);
    assert!(echo.say(&mut line, 10).await.is_empty());
    echo.heard(10).await;
    assert_eq!(echo.proxy.counts().cut_after_commit, 1);
    assert_eq!(echo.proxy.mode(), Mode::Pass, "once is once");
    assert_eq!(echo.say(&mut echo.line().await, 10).await.len(), 10);
}

#[tokio::test]
async fn only_the_answer_to_what_was_named_is_cut() {
    let echo = Echo::start().await;
    let mut line = echo.line().await;
    echo.proxy.once(Mode::CutAnswerTo { what: "COMMIT" });
    assert_eq!(echo.say(&mut line, 10).await.len(), 10);
    line.write_all(b"..COMMIT..").await.unwrap();
    assert!(!matches!(line.read(&mut [0; 1]).await, Ok(1..)), "the answer came through");
    echo.heard(20).await;
    assert_eq!(echo.proxy.counts().cut_after_commit, 1);
}

#[tokio::test]
async fn a_black_hole_swallows_both_ways_and_gives_nothing_back_afterwards() {
    let echo = Echo::start().await;
    let mut open = echo.line().await;
    assert_eq!(echo.say(&mut open, 10).await.len(), 10);
    echo.proxy.set(Mode::BlackHole);
    let mut new = echo.line().await;
    for line in [&mut open, &mut new] {
        line.write_all(b"0123456789").await.unwrap();
        silent(line).await;
    }
    echo.heard(10).await;
    assert_eq!(echo.proxy.counts().black_holed, 2);
    echo.proxy.set(Mode::Pass);
    for line in [&mut open, &mut new] {
        let end = tokio::time::timeout(PATIENCE, line.read(&mut [0; 1])).await.expect("still open");
        assert!(!matches!(end, Ok(1..)), "{end:?}");
    }
    assert_eq!(echo.say(&mut echo.line().await, 10).await.len(), 10);
}

#[tokio::test]
async fn a_trickle_is_slow_and_loses_nothing_when_it_ends() {
    let echo = Echo::start().await;
    let mut line = echo.line().await;
    echo.proxy.set(Mode::Trickle);
    line.write_all(b"0123456789").await.unwrap();
    echo.proxy.until(|counts| counts.trickled == 1).await;
    silent(&mut echo.line().await).await;
    assert!(echo.heard.load(Ordering::SeqCst) <= 2);
    echo.proxy.set(Mode::Pass);
    let mut back = [0; 10];
    tokio::time::timeout(PATIENCE, line.read_exact(&mut back)).await.unwrap().unwrap();
    assert_eq!(&back, b"0123456789");
}

#[tokio::test]
async fn refusing_it_cuts_who_is_there_turns_away_who_comes_and_opens_again_on_the_same_port() {
    let echo = Echo::start().await;
    let mut line = echo.line().await;
    assert_eq!(echo.say(&mut line, 10).await.len(), 10);
    echo.proxy.set(Mode::Refuse);
    echo.proxy.until(|counts| counts.refused == 1).await;
    assert!(!matches!(line.read(&mut [0; 1]).await, Ok(1..)));
    let refused = async {
        while TcpStream::connect(echo.proxy.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("still open");
    echo.proxy.set(Mode::Pass);
    let again = async {
        loop {
            if let Ok(line) = TcpStream::connect(echo.proxy.address()).await {
                return line;
            }
            tokio::task::yield_now().await;
        }
    };
    let mut line = tokio::time::timeout(PATIENCE, again).await.expect("still closed");
    assert_eq!(echo.say(&mut line, 10).await.len(), 10);
    echo.proxy.cut_all();
    assert!(!matches!(line.read(&mut [0; 1]).await, Ok(1..)), "cut, with the mode as it was");
    assert_eq!(echo.proxy.mode(), Mode::Pass);
    assert_eq!(echo.say(&mut echo.line().await, 10).await.len(), 10);
}
