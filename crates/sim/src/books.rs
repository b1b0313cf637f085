//! Which books do traders have? Drawn at random, in kinds that a venue would see.

use crate::prices::{Coin, Price8, COINS, DOLLAR};
use crate::seed::Rng;

/// Decimals of the tokens: dollar, then [`COINS`].
pub const DECIMALS: [u8; 4] = [6, 9, 8, 8];
/// Names of the tokens.
pub const TOKENS: [&str; 4] = ["USDC", "SOL", "BTC", "ETH"];
/// Decimal exponents of a perpetual's lot, in coins, in the order of [`COINS`].
pub const LOT_EXPONENTS: [i32; 3] = [-1, -3, -2];

/// A kind of book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// Long perpetuals on dollars.
    Long,
    /// Short perpetuals on dollars.
    Short,
    /// Tokens and as many short perpetuals, or one coin against another.
    Hedged,
    /// Long perpetuals on several tokens.
    MultiCollateral,
    /// Tokens bought with borrowed dollars.
    LeveragedSpot,
    /// Borrowed tokens, sold.
    ShortSpot,
}

/// All kinds, and how many of a hundred traders have them.
pub const STYLES: [(Style, u64, &str); 6] = [
    (Style::Long, 48, "long perpetuals"),
    (Style::Short, 13, "short perpetuals"),
    (Style::Hedged, 12, "hedged"),
    (Style::MultiCollateral, 13, "multi-collateral long"),
    (Style::LeveragedSpot, 9, "leveraged spot"),
    (Style::ShortSpot, 5, "short spot"),
];

/// What a trader starts with. Tokens are numbered as in [`TOKENS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Its kind.
    pub style: Style,
    /// Tokens brought in (token, atoms).
    pub deposits: Vec<(usize, u64)>,
    /// Tokens borrowed, and taken out (token, atoms).
    pub borrows: Vec<(usize, u64)>,
    /// Perpetuals bought, or sold if negative (coin, lots).
    pub trades: Vec<(Coin, i64)>,
}

/// The least and the most equity of a trader (dollars).
const EQUITY_DOLLARS: (u64, u64) = (800, 60_000);

/// A random book at these prices of [`COINS`].
pub fn draw(rng: &mut Rng, prices: &[Price8; 3]) -> Book {
    let style = draw_style(rng);
    let equity = rng.log_between(EQUITY_DOLLARS.0, EQUITY_DOLLARS.1);
    let mut book = Book { style, deposits: vec![], borrows: vec![], trades: vec![] };
    match style {
        Style::Long => {
            book.deposits.push((0, tokens(0, equity, prices)));
            let notional = equity * rng.log_between(20, 110) / 10;
            spread(rng, &mut book, notional, 1, prices);
        }
        Style::Short => {
            book.deposits.push((0, tokens(0, equity, prices)));
            let notional = equity * rng.log_between(10, 90) / 10;
            spread(rng, &mut book, notional, -1, prices);
        }
        Style::Hedged => hedged(rng, &mut book, equity, prices),
        Style::MultiCollateral => {
            let parts = rng.between(2, 3);
            for token in some_coins(rng, parts).map(|coin| coin.place() + 1) {
                book.deposits.push((token, tokens(token, equity / parts, prices)));
            }
            let notional = equity * rng.log_between(10, 70) / 10;
            spread(rng, &mut book, notional, 1, prices);
        }
        Style::LeveragedSpot => {
            let token = coin(rng).place() + 1;
            let tenths = rng.log_between(15, 90);
            book.deposits.push((token, tokens(token, equity * tenths / 10, prices)));
            book.borrows.push((0, tokens(0, equity * (tenths - 10) / 10, prices)));
        }
        Style::ShortSpot => {
            let token = coin(rng).place() + 1;
            let tenths = rng.log_between(10, 60);
            book.deposits.push((0, tokens(0, equity * (tenths + 10) / 10, prices)));
            book.borrows.push((token, tokens(token, equity * tenths / 10, prices)));
        }
    }
    book
}

fn draw_style(rng: &mut Rng) -> Style {
    let total = STYLES.iter().map(|(_, share, _)| share).sum();
    let mut at = rng.below(total);
    for (style, share, _) in STYLES {
        if at < share {
            return style;
        }
        at -= share;
    }
    Style::Long
}

/// A coin; Solana as often as the two others together.
fn coin(rng: &mut Rng) -> Coin {
    match rng.below(4) {
        0 => Coin::Btc,
        1 => Coin::Eth,
        _ => Coin::Sol,
    }
}

/// `count` different coins, from a random one on.
fn some_coins(rng: &mut Rng, count: u64) -> impl Iterator<Item = Coin> {
    let first = coin(rng).place();
    (0..count as usize).map(move |step| COINS[(first + step) % COINS.len()])
}

/// Perpetuals of one to three coins worth `notional` dollars in all.
fn spread(rng: &mut Rng, book: &mut Book, notional: u64, side: i64, prices: &[Price8; 3]) {
    let parts = rng.between(1, 3);
    for coin in some_coins(rng, parts) {
        book.trades.push((coin, side * lots(coin, notional / parts, prices)));
    }
}

fn hedged(rng: &mut Rng, book: &mut Book, equity: u64, prices: &[Price8; 3]) {
    let long = coin(rng);
    if rng.below(2) == 0 {
        // Carry: tokens, and nine tenths to all of them sold forward.
        let token = long.place() + 1;
        book.deposits.push((token, tokens(token, equity, prices)));
        let share = rng.between(90, 100);
        book.trades.push((long, -lots(long, equity * share / 100, prices)));
    } else {
        // A pair: one coin against another.
        let short = COINS[(long.place() + 1) % COINS.len()];
        let notional = equity * rng.log_between(10, 50) / 10;
        book.deposits.push((0, tokens(0, equity, prices)));
        book.trades.push((long, lots(long, notional, prices)));
        book.trades.push((short, -lots(short, notional, prices)));
    }
}

/// Atoms of a token that are worth so many dollars.
pub fn tokens(token: usize, dollars: u64, prices: &[Price8; 3]) -> u64 {
    let price = token.checked_sub(1).map_or(DOLLAR, |coin| prices[coin]);
    let one = 10_u128.pow(u32::from(DECIMALS[token]));
    (u128::from(dollars) * u128::from(DOLLAR) * one / u128::from(price)) as u64
}

/// Lots of a perpetual that are worth so many dollars, at least one.
pub fn lots(coin: Coin, dollars: u64, prices: &[Price8; 3]) -> i64 {
    let per_coin = 10_u128.pow(LOT_EXPONENTS[coin.place()].unsigned_abs());
    let value = u128::from(dollars) * u128::from(DOLLAR) * per_coin;
    ((value / u128::from(prices[coin.place()])) as i64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: [Price8; 3] = [200 * DOLLAR, 100_000 * DOLLAR, 4_000 * DOLLAR];

    #[test]
    fn dollars_become_atoms_and_lots() {
        assert_eq!(tokens(0, 5, &PRICES), 5_000_000);
        assert_eq!(tokens(1, 100, &PRICES), 500_000_000);
        assert_eq!(lots(Coin::Sol, 1_000, &PRICES), 50);
        assert_eq!(lots(Coin::Btc, 1_000, &PRICES), 10);
        assert_eq!(lots(Coin::Eth, 1, &PRICES), 1);
    }

    #[test]
    fn every_kind_of_book_is_drawn_and_nothing_is_zero() {
        let mut rng = Rng::new(1, "books");
        let books: Vec<Book> = (0..300).map(|_| draw(&mut rng, &PRICES)).collect();
        for (style, share, name) in STYLES {
            let count = books.iter().filter(|book| book.style == style).count() as u64;
            assert!(count > share, "{name}: {count}");
        }
        for book in &books {
            assert!(book.deposits.iter().all(|(_, atoms)| *atoms > 0));
            assert!(book.borrows.iter().all(|(_, atoms)| *atoms > 0));
            assert!(book.trades.iter().all(|(_, lots)| *lots != 0));
        }
    }
}
