//! Rust source with its comments, the contents of its strings, or its tests blanked out. Lines stay where they are.

/// What is blanked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blank {
    /// Comments only: strings can be searched.
    Comments,
    /// Comments and what stands in strings: only code can be searched.
    CommentsAndStrings,
}

/// Blanks comments, and strings if asked, with spaces.
pub(crate) fn blank(source: &str, what: Blank) -> String {
    let mut rest = source;
    let mut out = String::with_capacity(source.len());
    while !rest.is_empty() {
        let (taken, kept) = token(rest);
        let (piece, after) = rest.split_at(taken);
        match kept {
            Kind::Code => out.push_str(piece),
            Kind::Text if what == Blank::Comments => out.push_str(piece),
            Kind::Text | Kind::Comment => {
                out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            }
        }
        rest = after;
    }
    out
}

enum Kind {
    Code,
    Text,
    Comment,
}

/// Length of the next piece, and what it is.
fn token(rest: &str) -> (usize, Kind) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Kind::Comment);
    }
    if rest.starts_with("/*") {
        return (rest.find("*/").map_or(rest.len(), |at| at + 2), Kind::Comment);
    }
    let raw = rest.trim_start_matches('b').strip_prefix('r').map(|r| r.trim_start_matches('#'));
    if let Some(inner) = raw.filter(|r| r.starts_with('"')) {
        let begin = rest.len() - inner.len();
        let hashes = rest[..begin].matches('#').count();
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inner[1..].find(&end).map_or(rest.len(), |at| begin + 1 + at + end.len());
        return (length, Kind::Text);
    }
    if rest.starts_with('"') {
        return (quoted(rest, '"'), Kind::Text);
    }
    if rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'') && rest.starts_with('\'') {
        return (quoted(rest, '\''), Kind::Text);
    }
    // A whole word, so that `for` does not end in a raw string `r"…"`.
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) }, Kind::Code)
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Blanks every item behind `#[cfg(test)]`. The text has no comments and no strings any more.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let Some(at) = code.find(MARK) else { return code.to_owned() };
    let item = &code[at..];
    let length = match (item.find(';'), item.find('{')) {
        (Some(end), open) if open.is_none_or(|open| end < open) => end + 1,
        (_, Some(open)) => open + block(&item[open..]),
        _ => item.len(),
    };
    let blanked: String = item[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    format!("{}{blanked}{}", &code[..at], without_tests(&item[length..]))
}

/// Length of a block that begins with its brace.
fn block(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a whole file is test code.
pub(crate) fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.starts_with("tests/")
        || ["/tests.rs", "/testing.rs", "/test_request.rs"].iter().any(|end| path.ends_with(end))
}

/// Numbers (from 1) of the lines where `word` stands alone: not as a part of a longer name.
pub(crate) fn lines_with(text: &str, word: &str) -> Vec<usize> {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let stands = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let begins = word.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let ends = word.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            !(begins && joins(line[..at].chars().next_back())
                || ends && joins(line[at + word.len()..].chars().next()))
        })
    };
    text.lines().enumerate().filter(|(_, line)| stands(line)).map(|(number, _)| number + 1).collect()
}

#[test]
fn comments_strings_and_tests_are_told_from_code() {
    let source = "let a = \"// x \\\" y\"; // z\nlet b = r#\"w \"q\" \"#; let c = '\"'; fn f<'a>() {}\n\
                  #[cfg(test)]\nmod tests {\n    fn t() { u }\n}\nfn v() {}";
    let comments = blank(source, Blank::Comments);
    assert!(comments.contains("// x") && !comments.contains("// z"), "{comments}");
    let code = without_tests(&blank(source, Blank::CommentsAndStrings));
    for gone in ["x", "y", "z", "w", "q", "u"] {
        assert_eq!(lines_with(&code, gone), [0_usize; 0], "{gone} in {code}");
    }
    assert_eq!(lines_with(&code, "f"), [2]);
    assert_eq!(lines_with(&code, "v"), [7]);
    assert_eq!(lines_with("abc\nb\na b\n_b", "b"), [2, 3]);
}
