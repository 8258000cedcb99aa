//! The pages in a real browser, in Arabic and in French, wide and narrow: each reads from its side, none is wider than
//! its window, no text is missing, and the browser has nothing to complain about. Pictures go to `target/test/pages/`,
//! for people to look at.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::gateway::SOUANI;
use crate::support::servers::root;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Windows: a desk, a tablet, a telephone.
const WIDTHS: [u32; 3] = [1280, 768, 390];

/// What is asked of every page. Texts that were not found stand as their keys, like `lines.drift-hint`; fault codes look
/// alike, and stand as codes.
const LOOK: &str = r#"
const root = document.documentElement;
const words = document.body.cloneNode(true);
words.querySelectorAll('.code').forEach((code) => code.remove());
const keys = words.textContent.match(/\b[a-z]+\.[a-z]+(-[a-z]+)+\b/g) || [];
const outside = [...document.querySelectorAll('body *')].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1);
}).map((part) => part.tagName + '.' + part.className);
return {
  dir: root.dir, lang: root.lang, direction: getComputedStyle(document.body).direction,
  wide: root.scrollWidth - innerWidth, outside, keys, text: document.body.innerText,
};
"#;

/// A page, who opens it, and a text that must stand on it in Arabic and in French.
struct Page {
    name: &'static str,
    path: &'static str,
    caller: &'static str,
    arabic: &'static str,
    french: &'static str,
}

const PAGES: [Page; 6] = [
    Page {
        name: "live",
        path: "/",
        caller: "ministry",
        arabic: "مسار الملفات",
        french: "Parcours des dossiers",
    },
    Page {
        name: "payments", path: "/payments", caller: "ministry", arabic: "الكشوف", french: "Relevés"
    },
    Page {
        name: "lines",
        path: "/lines",
        caller: "operator",
        arabic: "حالة الوصلات",
        french: "État des liaisons",
    },
    Page {
        name: "file",
        path: "/files/PCT-1",
        caller: "ministry",
        arabic: "التواريخ القانونية",
        french: "Dates légales",
    },
    Page {
        name: "parked",
        path: "/parked",
        caller: "operator",
        arabic: "الرسائل الموضوعة جانبا",
        french: "Messages mis de côté",
    },
    Page {
        name: "operator",
        path: "/operator",
        caller: "operator",
        arabic: "التشغيل",
        french: "Exploitation",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_its_window_and_reads_from_its_side() {
    let settings = vec![("flow.statement_grace_days", 0)];
    let options = Options { legal_day_ms: 4_000, settings, ..Options::default() };
    let gateway = Gateway::start("pages", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    fill(&gateway, &mut commune).await;
    let folder = root().join("target/test/pages");
    std::fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start(&gateway.layout.dir.join("browser")).await;
    let mut faults = Vec::new();
    for page in &PAGES {
        sign_in(&gateway, &browser, page.caller).await;
        for lang in ["ar", "fr"] {
            for width in WIDTHS {
                browser.widen(width).await;
                browser.open(&address(&gateway, page, lang)).await;
                let seen = browser.ask(LOOK).await;
                let name = format!("{}-{lang}-{width}", page.name);
                faults.extend(judge(page, lang, &seen).into_iter().map(|fault| format!("{name}: {fault}")));
                faults.extend(browser.complaints().await.into_iter().map(|said| format!("{name}: {said}")));
                browser.picture(&folder.join(format!("{name}.png"))).await;
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults, pictures in {}:\n{}",
        faults.len(),
        folder.display(),
        faults.join("\n")
    );
    what_is_wrong_is_seen(&gateway, &browser).await;
    browser.quit().await;
}

/// The live page has its language in its path, the others in their query.
fn address(gateway: &Gateway, page: &Page, lang: &str) -> String {
    let base = format!("http://{}", gateway.ports.http);
    if page.path == "/" { format!("{base}/{lang}") } else { format!("{base}{}?lang={lang}", page.path) }
}

/// Signs in as somebody: from then on the browser has the cookie.
async fn sign_in(gateway: &Gateway, browser: &Browser, caller: &str) {
    browser.open(&format!("http://{}/en?token={}", gateway.ports.http, gateway.tokens[caller])).await;
}

fn judge(page: &Page, lang: &str, seen: &Value) -> Vec<String> {
    let (side, text) = if lang == "ar" { ("rtl", page.arabic) } else { ("ltr", page.french) };
    let mut faults = Vec::new();
    if [&seen["dir"], &seen["direction"]] != [side, side] || seen["lang"] != lang {
        faults.push(format!("reads {} in {}", seen["dir"], seen["lang"]));
    }
    if seen["wide"].as_i64() != Some(0) || !seen["outside"].as_array().unwrap().is_empty() {
        faults.push(format!("{} px wider than its window: {}", seen["wide"], seen["outside"]));
    }
    if !seen["text"].as_str().unwrap().contains(text) {
        faults.push(format!("`{text}` is not on it"));
    }
    if !seen["keys"].as_array().unwrap().is_empty() {
        faults.push(format!("texts are missing: {}", seen["keys"]));
    }
    faults
}

/// A file from its submission to its permit, a statement of the bank, what an agency has changed, alarms.
async fn fill(gateway: &Gateway, commune: &mut Commune) {
    commune.submit("PCT-1", "building", &["near-watercourse", "new-connection"]).await;
    commune.expect("PCT-1", "file.reviewed").await;
    commune.assess("PCT-1").await;
    commune.expect("PCT-1", "payment.confirmed").await;
    commune.decide("PCT-1", "granted").await;
    commune.expect("PCT-1", "permit.delivered").await;
    commune.submit("PCT-2", "building", &["new-connection"]).await;
    commune.expect("PCT-2", "file.registered").await;
    let lines = "SELECT count(*) FROM statement_line";
    until("a statement has the payment", async || (gateway.count(lines).await > 0).then_some(())).await;
    let drift = "SELECT count(*) FROM agency_drift";
    until("drift is noticed", async || (gateway.count(drift).await > 0).then_some(())).await;
    // As an adapter of an agency with a hundred new codes would tell it.
    sqlx::query(
        "INSERT INTO agency_drift SELECT 'onee', 'ServiceRequest', 'Body/Reply/Payload/Customer/Account/Status/Reason', 'value',
             'CODE-' || n, false, now() - interval '3 days', now(), n FROM generate_series(1, 6) AS n",
    )
    .execute(&gateway.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO agency_certificate SELECT 'onee', purpose, purpose, now() + days * interval '1 day', now()
         FROM (VALUES ('client', 12), ('root', 900), ('server', 200), ('signer', 90)) AS ends (purpose, days)",
    )
    .execute(&gateway.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO parked (id, queue, code, faults, raw, headers) SELECT gen_random_uuid(), 'dead.review.onee',
             'parked.dead-letter', '[]', '', '{}' FROM generate_series(1, 3)",
    )
    .execute(&gateway.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO alarm (name, subject, value, threshold, since)
         SELECT name, subject, 1, 1, now() - interval '2 hours' FROM (VALUES ('agency-silent', 'onee'),
             ('partner-queue-old', 'commune.015110105'), ('partner-queue-old', 'commune.015110106'),
             ('parked-waiting', ''), ('right-held', '')) AS wrong (name, subject)",
    )
    .execute(&gateway.pool)
    .await
    .unwrap();
}

/// A page that is too wide, one that has lost its side and one without its texts are seen.
async fn what_is_wrong_is_seen(gateway: &Gateway, browser: &Browser) {
    sign_in(gateway, browser, PAGES[1].caller).await;
    browser.open(&address(gateway, &PAGES[1], "ar")).await;
    let spoil = "const wide = document.createElement('p'); wide.style.width = '3000px'; wide.textContent = 'lines.drift-hint';
                 document.body.append(wide); document.documentElement.dir = 'ltr'; return null;";
    assert_eq!(browser.ask(spoil).await, json!(null));
    let faults = judge(&PAGES[0], "ar", &browser.ask(LOOK).await).join("\n");
    for part in ["reads \"ltr\"", "wider than its window", "is not on it", "texts are missing"] {
        assert!(faults.contains(part), "`{part}` is not seen: {faults}");
    }
}
