//! Trades.

use plimsoll_client::instruction as ix;
use plimsoll_model::number::{ceil, positive, ppm, whole, zero};
use plimsoll_model::{Action, Contract};

use super::entry::{
    amount, any_account, any_instrument, any_of, mostly, signed_amount, signer, spare, word, Act,
    Entry, Play,
};
use super::rng::Rng;
use super::stage::Stage;

/// Steps that trade.
pub(crate) fn entries() -> Vec<Entry> {
    vec![Entry { name: "trade", weight: 260, draw: draw_trade, act: Act::Play(trade) }]
}

fn draw_trade(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let market = stage.market();
    // Mostly such as have something to spare.
    let able = |rng: &mut Rng| {
        let two = [any_account(stage, rng)?, any_account(stage, rng)?];
        let by = |one: &u16| spare(stage, *one) > 0;
        two.into_iter().find(by).or(Some(two[0]))
    };
    let (first, second) = (able(rng)?, able(rng)?);
    let apart = first != second || rng.chance(2);
    let index = draw_contract(stage, rng)?;
    let instrument = &stage.group.instruments[index];
    let mid = market.stable(instrument.underlying);
    let valid = market.quotes[instrument.underlying].usd > zero();
    let mid = if valid { market.mid(instrument.underlying) } else { mid } * &instrument.lot;
    let reach = rng.pick(&[500, 500, 2_000, 2_000, 10_000, 10_000, 40_000, 60_000]);
    let tick = whole(instrument.tick_quote_atoms_per_lot);
    // A premium is off by a part of what the contract moves.
    let fair = if valid { instrument.fair(market).exact } else { mid.clone() };
    let price = positive(fair + &mid * ppm(rng.between(-reach, reach)));
    let ticks = u64::try_from(ceil(&(price / tick))).ok()?.max(1);

    let held = stage.group.accounts[&first].positions.get(&index).map_or(0, |one| one.lots);
    let lots = match held != 0 && rng.chance(45) {
        // Against what is held; now and then beyond it.
        true => {
            let part = rng.log(held.unsigned_abs() * 5 / 4).min(i64::MAX as u64) as i64;
            if rng.chance(25) {
                -held
            } else {
                -part * held.signum()
            }
        }
        // Up to about what both can carry.
        false => {
            let spare = spare(stage, first).min(spare(stage, second));
            if spare == 0 && !rng.chance(15) {
                return None;
            }
            // What opening needs; of an option a floor and what its marks are apart besides.
            let needs = if instrument.contract.is_some() { 100_000 } else { 75_000 };
            let most = whole(spare) / (&mid * ppm(needs));
            let most = super::entry::atoms(&most).clamp(1, 1 << 40);
            let size = if rng.chance(35) { rng.log(most) } else { most * rng.below(98) / 100 };
            let size = i64::try_from(size.max(1)).ok()?;
            if rng.chance(50) {
                size
            } else {
                -size
            }
        }
    };
    let owner = |number| stage.group.accounts[&number].owner;
    let signers = [mostly(rng, owner(first)), mostly(rng, owner(second))];
    let (lots, ticks) = (signed_amount(rng, lots), amount(rng, ticks));
    apart.then(|| {
        let [one, other] = signers.map(i128::from);
        vec![one, other, first.into(), second.into(), index as i128, lots, ticks]
    })
}

/// A perpetual, or what expires, while it runs.
fn draw_contract(stage: &Stage, rng: &mut Rng) -> Option<usize> {
    let now = stage.market().now.seconds;
    let all = || stage.group.instruments.numbered();
    let place = |(index, _): (usize, _)| index;
    let runs = |one: &&Contract| now < one.expires_at && !one.settled;
    let running = all().filter(|(_, one)| one.contract.as_ref().filter(runs).is_some()).map(place);
    let running: Vec<usize> = running.collect();
    let perpetual = all().filter(|(_, one)| one.contract.is_none()).map(place);
    let perpetual: Vec<usize> = perpetual.collect();
    match rng.below(100) {
        0..3 => any_instrument(stage, rng),
        3..50 if !running.is_empty() => Some(rng.pick(&running)),
        _ => Some(perpetual[any_of(rng, perpetual.len())?]),
    }
}

fn trade(stage: &Stage, words: &[i128]) -> Option<Play> {
    let signers: [u16; 2] = [word(words, 0)?, word(words, 1)?];
    let accounts: [u16; 2] = [word(words, 2)?, word(words, 3)?];
    let (index, lots, ticks): (u16, i64, u64) = (word(words, 4)?, word(words, 5)?, word(words, 6)?);
    let [first, second] = [stage.margin(accounts[0])?, stage.margin(accounts[1])?];
    let [one, other] = signers.map(signer);
    let deal = ix::Deal { instrument: index, lots, price_ticks: ticks };
    let directory = &stage.world.directory;
    let instruction = ix::trade(directory, [&one, &other], &first, &second, &deal).ok()?;
    let instrument = usize::from(index);
    let action = Action::Trade { signers, accounts, instrument, lots, ticks };
    Some(Play::new(instruction, vec![one, other], action))
}
