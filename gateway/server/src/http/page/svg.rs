//! Bars as SVG. Shapes only, no text: they stretch with the page, and the words stay HTML. Colours are classes of
//! the style sheet. In a page from right to left every shape is mirrored.

use std::fmt::Write as _;

/// Width of every drawing, in its own units.
pub const WIDTH: f64 = 1000.0;

/// Draws shapes from the reading side, whichever that is.
#[derive(Debug)]
pub struct Canvas {
    rtl: bool,
    height: f64,
    body: String,
}

impl Canvas {
    /// An empty drawing of [`WIDTH`] × `height`.
    #[must_use]
    pub const fn new(rtl: bool, height: f64) -> Self {
        Self { rtl, height, body: String::new() }
    }

    /// A rectangle that begins `x` from the reading side. Nothing is drawn for no width or height.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        if width > 0.0 && height > 0.0 {
            let x = if self.rtl { WIDTH - x - width } else { x };
            let _ = write!(
                self.body,
                r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
            );
        }
    }

    /// A band that leaves the height `from` (top, thickness) at `x0` and reaches the height `to` at `x1`.
    pub fn band(&mut self, class: &str, (x0, x1): (f64, f64), from: (f64, f64), to: (f64, f64)) {
        if from.1 <= 0.0 {
            return;
        }
        let (a, b) = if self.rtl { (WIDTH - x0, WIDTH - x1) } else { (x0, x1) };
        let m = f64::midpoint(a, b);
        let (top0, bottom0, top1, bottom1) = (from.0, from.0 + from.1, to.0, to.0 + to.1);
        let _ = write!(
            self.body,
            r#"<path class="{class}" d="M{a:.1} {top0:.1}C{m:.1} {top0:.1} {m:.1} {top1:.1} {b:.1} {top1:.1}V{bottom1:.1}C{m:.1} {bottom1:.1} {m:.1} {bottom0:.1} {a:.1} {bottom0:.1}Z"/>"#
        );
    }

    /// The whole `<svg>`, hidden from screen readers: every number stands in the text beside it.
    #[must_use]
    pub fn finish(self, class: &str) -> String {
        format!(
            r#"<svg class="{class}" viewBox="0 0 {WIDTH:.0} {:.0}" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}</svg>"#,
            self.height, self.body
        )
    }
}

/// `part` of `whole` on a line of `length`; 0 where there is no whole.
#[must_use]
pub fn share(part: i64, whole: i64, length: f64) -> f64 {
    if whole <= 0 {
        return 0.0;
    }
    // Counts of files are far below 2^32, where f64 is exact.
    let float = |n: i64| f64::from(u32::try_from(n).unwrap_or(if n < 0 { 0 } else { u32::MAX }));
    float(part) / float(whole) * length
}

/// A stacked bar: parts in reading order, each with its class, on a line that stands for `whole`.
#[must_use]
pub fn stacked(rtl: bool, parts: &[(&str, i64)], whole: i64) -> String {
    let mut canvas = Canvas::new(rtl, 10.0);
    let mut x = 0.0;
    for (class, part) in parts {
        let width = share(*part, whole, WIDTH);
        canvas.rect(class, (x, 0.0), (width, 10.0));
        x += width;
    }
    canvas.finish("bar")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_right_to_left_a_bar_begins_at_the_right() {
        let parts = [("done", 1), ("open", 3)];
        let ltr = stacked(false, &parts, 4);
        assert!(ltr.contains(r#"class="done" x="0.0" y="0.0" width="250.0""#), "{ltr}");
        assert!(ltr.contains(r#"class="open" x="250.0""#), "{ltr}");
        let rtl = stacked(true, &parts, 4);
        assert!(rtl.contains(r#"class="done" x="750.0" y="0.0" width="250.0""#), "{rtl}");
        assert!(rtl.contains(r#"class="open" x="0.0""#), "{rtl}");
    }

    #[test]
    fn nothing_is_drawn_for_nothing() {
        assert!(!stacked(false, &[("done", 0)], 0).contains("rect"));
    }
}
