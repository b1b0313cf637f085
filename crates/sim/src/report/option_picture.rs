//! The second act as a picture: for each book what it is worth, needs, and would need row by row.

use super::canvas::{Anchor, Panel, Sheet, GREY, INK};
use super::{clock, ATOMS};
use crate::act_two::{Act, Standing, Step};
use crate::prices::DOLLAR;

const WIDTH: f64 = 1_240.0;
const HEIGHT: f64 = 1_020.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 160.0;
/// Width and height of a panel, and how far the next one is.
const PANEL: (f64, f64) = (500.0, 200.0);
const PITCH: (f64, f64) = (600.0, 290.0);

const WORTH: &str = "#1f2430";
const NEEDS: &str = "#0f766e";
const ALONE: &str = "#d97706";
const BID: &str = "#b4232f";
const PRICE: &str = "#7c3aed";

/// The picture as SVG.
pub fn option_picture(act: &Act) -> String {
    let mut sheet = Sheet::new(WIDTH, HEIGHT);
    let title = "Option books at the load line";
    sheet.text((LEFT, 52.0), (27.0, 700, INK), Anchor::Start, title);
    let line = "Equity, and what is required: of the book as a whole, and of its rows one by one; \
                thousands of dollars, before the keepers act";
    sheet.text((LEFT, 76.0), (13.5, 400, GREY), Anchor::Start, line);
    legend(&mut sheet);
    price(&mut sheet, act);
    for place in 0..act.fates.len() {
        book(&mut sheet, act, place);
    }
    sheet.finish()
}

fn legend(sheet: &mut Sheet) {
    let entries =
        [(WORTH, "worth"), (NEEDS, "needs"), (ALONE, "would need alone"), (BID, "first bid")];
    for (at, (colour, name)) in entries.iter().enumerate() {
        let x = LEFT + 150.0 * at as f64;
        sheet.rect((x, 96.0, 12.0, 12.0), colour, 2.0);
        sheet.text((x + 20.0, 106.5), (12.5, 400, INK), Anchor::Start, name);
    }
}

/// The panel with this number, of six in two columns.
fn panel(act: &Act, number: usize, value: (f64, f64)) -> Panel {
    let (column, line) = ((number % 2) as f64, (number / 2) as f64);
    let (from, to) = (act.steps.first(), act.steps.last());
    Panel {
        frame: (LEFT + PITCH.0 * column, TOP + PITCH.1 * line, PANEL.0, PANEL.1),
        time: (from.map_or(0, |step| step.time), to.map_or(1, |step| step.time)),
        value,
    }
}

fn price(sheet: &mut Sheet, act: &Act) {
    let of = |step: &Step| step.price as f64 / DOLLAR as f64;
    let volatility = |step: &Step| step.volatility_ppm as f64 / 10_000.0;
    let most = act.steps.iter().map(|step| of(step).max(volatility(step))).fold(1.0, f64::max);
    let panel = panel(act, 0, (0.0, most * 1.05));
    panel.draw(sheet, "SOL and its volatility", "dollars; % at the money, dashed");
    curve(sheet, &panel, act, (PRICE, ""), of);
    curve(sheet, &panel, act, (PRICE, "4 4"), volatility);
}

fn book(sheet: &mut Sheet, act: &Act, place: usize) {
    let thousand = |atoms: i64| atoms as f64 / ATOMS / 1_000.0;
    let all = act.steps.iter().flat_map(|step| {
        let Standing { equity, needed, isolated } = step.standings[place];
        [equity, needed, isolated].map(thousand)
    });
    let (low, high) =
        all.fold((0.0_f64, 1.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    let panel = panel(act, place + 1, (low * 1.05, high * 1.05));
    let fate = &act.fates[place];
    panel.draw(sheet, fate.book.name, fate.book.holds);
    curve(sheet, &panel, act, (ALONE, ""), |step| thousand(step.standings[place].isolated));
    curve(sheet, &panel, act, (NEEDS, ""), |step| thousand(step.standings[place].needed));
    curve(sheet, &panel, act, (WORTH, ""), |step| thousand(step.standings[place].equity));
    if let Some(time) = fate.first_bid {
        let (x, top) = (panel.x(time), panel.frame.1);
        sheet.line((x, top), (x, top + PANEL.1), BID, 1.2);
        sheet.text((x + 4.0, top + 12.0), (11.5, 400, BID), Anchor::Start, &clock(time));
    }
}

fn curve(
    sheet: &mut Sheet,
    panel: &Panel,
    act: &Act,
    (colour, dash): (&str, &str),
    of: impl Fn(&Step) -> f64,
) {
    let points: Vec<(f64, f64)> =
        act.steps.iter().map(|step| (panel.x(step.time), panel.y(of(step)))).collect();
    sheet.path(&points, colour, 1.8, dash);
}
