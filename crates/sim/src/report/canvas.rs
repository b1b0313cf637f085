//! A sheet of SVG, and panels on it with axes of their own.

use std::fmt::Write as _;

/// The namespace of SVG; spelled in parts, since it is a name and not an address to go to.
const NAMESPACE: &str = concat!("http:", "//www.w3.org/2000/svg");
/// Colour of text.
pub const INK: &str = "#1f2430";
/// Colour of lesser text.
pub const GREY: &str = "#6b7280";
/// Colour of grid lines.
const GRID: &str = "#e5e7eb";

/// Escapes what XML would take for markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A sheet.
pub struct Sheet {
    body: String,
    width: f64,
    height: f64,
}

/// How a text stands to its point.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    /// The sheet as a file.
    pub fn finish(self) -> String {
        let Self { body, width, height } = self;
        format!(
            "<svg xmlns=\"{NAMESPACE}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"Inter, 'Helvetica Neue', Helvetica, Arial, \
             'DejaVu Sans', sans-serif\">\n<rect width=\"{width}\" height=\"{height}\" \
             fill=\"#fbfbfa\"/>\n{body}</svg>\n"
        )
    }

    /// A text; `weight` as in CSS.
    pub fn text(
        &mut self,
        at: (f64, f64),
        (size, weight, colour): (f64, u32, &str),
        anchor: Anchor,
        text: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size}\" font-weight=\"{weight}\" \
             fill=\"{colour}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    /// A filled rectangle with round corners.
    pub fn rect(&mut self, (x, y, w, h): (f64, f64, f64, f64), colour: &str, radius: f64) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" rx=\"{radius}\" \
             fill=\"{colour}\"/>"
        );
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
        let _ = writeln!(
            self.body,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" \
             stroke-width=\"{width}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// A line through points; `dash` as in SVG, empty for none.
    pub fn path(&mut self, points: &[(f64, f64)], colour: &str, width: f64, dash: &str) {
        let _ = writeln!(
            self.body,
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-linejoin=\"round\" stroke-dasharray=\"{dash}\"/>",
            commands(points)
        );
    }

    /// The area inside of points.
    pub fn area(&mut self, points: &[(f64, f64)], colour: &str) {
        let _ = writeln!(self.body, "<path d=\"{}Z\" fill=\"{colour}\"/>", commands(points));
    }
}

fn commands(points: &[(f64, f64)]) -> String {
    let mut text = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let _ = write!(text, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    }
    text
}

/// A rectangle of the sheet with two axes.
#[derive(Clone, Copy)]
pub struct Panel {
    /// Left, top, width, height (pixels).
    pub frame: (f64, f64, f64, f64),
    /// Time from and to (Unix seconds).
    pub time: (i64, i64),
    /// Value at the bottom and at the top.
    pub value: (f64, f64),
}

impl Panel {
    /// Where a time lies.
    pub fn x(&self, time: i64) -> f64 {
        let (left, _, width, _) = self.frame;
        let span = (self.time.1 - self.time.0).max(1) as f64;
        left + width * (time - self.time.0) as f64 / span
    }

    /// Where a value lies.
    pub fn y(&self, value: f64) -> f64 {
        let (_, top, _, height) = self.frame;
        let (low, high) = self.value;
        let span = if high > low { high - low } else { 1.0 };
        top + height * (1.0 - (value - low) / span)
    }

    /// Title, grid, labels of both axes.
    pub fn draw(&self, sheet: &mut Sheet, title: &str, unit: &str) {
        let (left, top, width, height) = self.frame;
        sheet.text((left, top - 16.0), (15.0, 600, INK), Anchor::Start, title);
        let offset = left + width;
        sheet.text((offset, top - 16.0), (11.5, 400, GREY), Anchor::End, unit);
        for tick in ticks(self.value.0, self.value.1) {
            let y = self.y(tick);
            sheet.line((left, y), (left + width, y), GRID, 1.0);
            let label = (left - 8.0, y + 4.0);
            sheet.text(label, (11.5, 400, GREY), Anchor::End, &short(tick));
        }
        let step = minutes_between(self.time.1 - self.time.0) * 60;
        let mut time = self.time.0.div_euclid(step) * step;
        while time <= self.time.1 {
            if time >= self.time.0 {
                let x = self.x(time);
                sheet.line((x, top + height), (x, top + height + 4.0), GREY, 1.0);
                let below = (x, top + height + 18.0);
                sheet.text(below, (11.5, 400, GREY), Anchor::Middle, &super::clock(time));
            }
            time += step;
        }
        sheet.line((left, top + height), (left + width, top + height), GREY, 1.0);
    }
}

/// Minutes between labels, so that there are about a dozen.
fn minutes_between(seconds: i64) -> i64 {
    let steps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1_440];
    steps.into_iter().find(|step| seconds / 60 / step <= 13).unwrap_or(2_880)
}

/// Four to seven round values from `low` to `high`.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = (high - low).max(1e-9);
    let raw = span / 5.0;
    let power = 10_f64.powi(raw.log10().floor() as i32);
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|step| step * power >= raw);
    let step = step.unwrap_or(10.0) * power;
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|count| count as f64 * step).collect()
}

/// A number as short as it can be told: 1.5M, 20k, 0.5.
pub fn short(number: f64) -> String {
    let (scaled, unit) = match number.abs() {
        size if size >= 1e6 => (number / 1e6, "M"),
        size if size >= 1e3 => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let text = format!("{scaled:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The least round number that is no less.
pub fn round_up(number: f64) -> f64 {
    if number <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powi(number.log10().floor() as i32);
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().find(|step| step * power >= number).unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0.0, 100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert!((4..=7).contains(&ticks(65.0, 102.0).len()));
    }

    #[test]
    fn numbers_are_told_shortly() {
        assert_eq!(short(1_500_000.0), "1.5M");
        assert_eq!(short(-20_000.0), "-20k");
        assert_eq!(short(0.5), "0.5");
        assert_eq!(round_up(13.0), 15.0);
    }
}
