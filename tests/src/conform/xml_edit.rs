//! Finds elements in the text of an XML document and changes the text, so that everything else stays byte for byte.
//! A path is local names below the root, `name[2]` for the second of that name; empty for the root itself.

use std::ops::Range;

use anyhow::{Context, bail};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Where an element stands, with its tags; where its content stands; its path with numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) whole: Range<usize>,
    pub(super) inner: Range<usize>,
    pub(super) leaf: bool,
}

/// All elements of a document, each with its path, in the order of their start tags.
///
/// # Errors
/// The document is not well-formed.
pub(super) fn places(text: &str) -> anyhow::Result<Vec<Place>> {
    let mut reader = Reader::from_str(text);
    let mut found: Vec<Place> = Vec::new();
    // Index of each open element, and what its children were called so far.
    let mut open: Vec<(usize, Vec<String>)> = Vec::new();
    loop {
        let begin = usize::try_from(reader.buffer_position())?;
        let event = reader.read_event().context("the document is not well-formed")?;
        let end = usize::try_from(reader.buffer_position())?;
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                let path = match open.last_mut() {
                    None => String::new(),
                    Some((parent, names)) => {
                        names.push(name.clone());
                        let number = names.iter().filter(|known| **known == name).count();
                        let mark = if number > 1 { format!("{name}[{number}]") } else { name };
                        match found[*parent].path.as_str() {
                            "" => mark,
                            above => format!("{above}/{mark}"),
                        }
                    }
                };
                if let Some((parent, _)) = open.last() {
                    found[*parent].leaf = false;
                }
                found.push(Place { path, whole: begin..end, inner: end..end, leaf: true });
                if !text[begin..end].ends_with("/>") {
                    open.push((found.len() - 1, Vec::new()));
                }
            }
            Event::End(_) => {
                let (index, _) = open.pop().context("an end tag without a start tag")?;
                found[index].inner.end = begin;
                found[index].whole.end = end;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(found)
}

fn place(text: &str, path: &str) -> anyhow::Result<Place> {
    let found = places(text)?.into_iter().find(|place| place.path == path);
    found.with_context(|| format!("there is no element {path}"))
}

/// Puts another text into an element, or into an attribute: `path/@name`.
///
/// # Errors
/// The place is not there.
pub(super) fn set(text: &str, path: &str, to: &str) -> anyhow::Result<String> {
    let to = quick_xml::escape::escape(to);
    if let Some((path, name)) = path.split_once('@') {
        let place = place(text, path.trim_end_matches('/'))?;
        let tag = &text[place.whole.start..place.inner.start];
        let at = tag.find(&format!("{name}=\"")).with_context(|| format!("there is no attribute {name}"))?;
        let begin = place.whole.start + at + name.len() + 2;
        let end = begin + text[begin..].find('"').context("an attribute without an end")?;
        return Ok(format!("{}{to}{}", &text[..begin], &text[end..]));
    }
    let place = place(text, path)?;
    if place.inner.is_empty() && text[place.whole.clone()].ends_with("/>") {
        bail!("{path} is an empty element");
    }
    Ok(format!("{}{to}{}", &text[..place.inner.start], &text[place.inner.end..]))
}

/// Takes an element away.
///
/// # Errors
/// The place is not there.
pub(super) fn remove(text: &str, path: &str) -> anyhow::Result<String> {
    let place = place(text, path)?;
    Ok(format!("{}{}", &text[..place.whole.start], &text[place.whole.end..]))
}

/// Puts an element a second time behind itself.
///
/// # Errors
/// The place is not there.
pub(super) fn twice(text: &str, path: &str) -> anyhow::Result<String> {
    let place = place(text, path)?;
    Ok(format!("{}{}{}", &text[..place.whole.end], &text[place.whole.clone()], &text[place.whole.end..]))
}

/// Lets an element change places with its next sibling.
///
/// # Errors
/// The place is not there, or is the last one.
pub(super) fn swap(text: &str, path: &str) -> anyhow::Result<String> {
    let all = places(text)?;
    let first = place(text, path)?;
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let next = all
        .iter()
        .find(|other| {
            other.whole.start >= first.whole.end
                && other.path.rsplit_once('/').map_or("", |(above, _)| above) == parent
        })
        .with_context(|| format!("{path} has no next sibling"))?;
    Ok(format!(
        "{}{}{}{}{}",
        &text[..first.whole.start],
        &text[next.whole.clone()],
        &text[first.whole.end..next.whole.start],
        &text[first.whole],
        &text[next.whole.end..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "<?xml version=\"1.0\"?>\n<a:r xmlns:a=\"u\"><a:b k=\"1\">x</a:b><b>y</b><c><d/>z</c></a:r>";

    #[test]
    fn elements_are_found_by_their_path_and_everything_else_stays() {
        let paths: Vec<_> = places(TEXT).unwrap().into_iter().map(|place| place.path).collect();
        assert_eq!(paths, ["", "b", "b[2]", "c", "c/d"]);
        assert_eq!(set(TEXT, "b[2]", "<2>").unwrap(), TEXT.replace(">y<", ">&lt;2&gt;<"));
        assert_eq!(set(TEXT, "b@k", "2").unwrap(), TEXT.replace("\"1\">x", "\"2\">x"));
        assert_eq!(remove(TEXT, "c/d").unwrap(), TEXT.replace("<d/>", ""));
        assert_eq!(swap(TEXT, "b[2]").unwrap(), TEXT.replace("<b>y</b><c><d/>z</c>", "<c><d/>z</c><b>y</b>"));
        assert_eq!(twice(TEXT, "b[2]").unwrap(), TEXT.replace("<b>y</b>", "<b>y</b><b>y</b>"));
        assert!(remove(TEXT, "no").is_err() && swap(TEXT, "c").is_err());
    }
}
