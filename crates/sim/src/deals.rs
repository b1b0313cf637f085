//! How do people trade here? With the market maker in perpetuals, with the desk in tokens.

use plimsoll_client::instruction::{deposit, trade, withdraw, Deal, Withdrawal};
use plimsoll_client::{Address, ClientError, Snapshot};
use plimsoll_keeper::Refusal;
use plimsoll_units::BaseLots;

use crate::prices::Coin;
use crate::tokens::{transfer, wallet};
use crate::world::World;

/// Somebody with a margin account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who signs.
    pub owner: Address,
    /// The margin account.
    pub account: Address,
}

/// `first` buys `lots` (sells if negative) from `second`, at the index price worsened for `first`
/// by `spread_ppm`. The inner result is the program's.
pub fn deal(
    world: &mut World,
    first: &Party,
    second: &Party,
    coin: Coin,
    lots: i64,
    spread_ppm: i64,
) -> Result<Result<(), Refusal>, String> {
    let instrument = coin.place() as u16;
    let directory = world.directory()?.clone();
    let text = |error: ClientError| error.to_string();
    let snapshot = Snapshot::new(&directory, world, world.time()).map_err(text)?;
    let atoms = snapshot.lot_price(instrument).map_err(text)?.value_floor(1);
    let atoms = atoms.and_then(|value| value.to_quote_floor()).map_err(|e| text(e.into()))?;
    let fair = (instrument, atoms.get());
    agree(world, [first, second], fair, lots, spread_ppm)
}

/// The same for any instrument, whose fair price is given in quote atoms per lot.
pub(crate) fn agree(
    world: &mut World,
    [first, second]: [&Party; 2],
    (instrument, fair_quote_atoms): (u16, i64),
    lots: i64,
    spread_ppm: i64,
) -> Result<Result<(), Refusal>, String> {
    let directory = world.directory()?.clone();
    let text = |error: ClientError| error.to_string();
    let worse = match BaseLots::new(lots).is_negative() {
        true => 1_000_000 - spread_ppm,
        false => 1_000_000 + spread_ppm,
    };
    let listed = directory.instrument(instrument).map_err(text)?;
    let tick = i128::from(listed.state.tick().get());
    let price = i128::from(fair_quote_atoms) * i128::from(worse) / 1_000_000;
    let ticks = ((price + tick / 2) / tick).max(1);
    let price_ticks = u64::try_from(ticks).map_err(|error| error.to_string())?;
    let (one, other) = (world.margin(&first.account)?, world.margin(&second.account)?);
    let terms = Deal { instrument, lots, price_ticks };
    let signers = [&first.owner, &second.owner];
    let instruction = trade(&directory, signers, &one, &other, &terms).map_err(text)?;
    let outcome = world.submit(&first.owner, &[instruction]);
    world.sound()?;
    Ok(outcome)
}

/// A swap with the desk.
#[derive(Clone, Copy, Debug)]
pub struct Swap {
    /// Mint and amount that the party gives.
    pub gives: (Address, u64),
    /// Mint and amount that it gets.
    pub gets: (Address, u64),
}

/// `party` withdraws one token, swaps it with the desk, and deposits the other.
pub fn swap(
    world: &mut World,
    party: &Party,
    desk: &Address,
    swap: &Swap,
) -> Result<Result<(), Refusal>, String> {
    let text = |error: ClientError| error.to_string();
    let Swap { gives: (sold, out), gets: (bought, back) } = *swap;
    let [own_sold, own_bought] = [sold, bought].map(|mint| wallet(&party.owner, &mint));
    let [desk_sold, desk_bought] = [sold, bought].map(|mint| wallet(desk, &mint));
    let account = world.margin(&party.account)?;
    let withdrawal = Withdrawal {
        mint: sold,
        destination: own_sold,
        amount_token_atoms: out,
        borrow_token_atoms_max: 0,
    };
    let first = withdraw(world.directory()?, &account, &withdrawal).map_err(text)?;
    if let Err(refusal) = world.submit(&party.owner, &[first]) {
        world.sound()?;
        return Ok(Err(refusal));
    }
    let exchange = [
        transfer(&own_sold, &desk_sold, &party.owner, out),
        transfer(&desk_bought, &own_bought, desk, back),
    ];
    let paid_in =
        deposit(world.directory()?, &party.owner, &own_bought, &party.account, &bought, back);
    let second = paid_in.map_err(text)?;
    let outcome =
        world.submit(&party.owner, &exchange).and_then(|()| world.submit(&party.owner, &[second]));
    world.sound()?;
    Ok(outcome)
}
