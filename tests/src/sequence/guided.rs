//! Sequences out of bytes that somebody else chose: a fuzzer, which watches what they reach.
//!
//! The first byte chooses the markets. Every step has its own bytes, so that what is put in, left
//! out or moved changes no other step's meaning more than the group that it finds.

use super::player::Player;
use super::rng::Rng;
use super::run::{setting, shorten, VARIANTS};
use super::stage::Stage;
use super::step::Step;
use crate::{Ground, Vm};

/// Bytes of one step. What it needs beyond them is drawn from the same stream every time.
pub const STEP_BYTES: usize = 12;

/// Stages on which nobody has an account yet, ready to be played on.
pub struct Guided(Vec<Player>);

/// What came of an input.
pub struct Played {
    /// Every entry with its end, each once.
    pub ends: Vec<(&'static str, String)>,
    /// What went wrong: why, and the steps that show it, one a line.
    pub failure: Option<(String, String)>,
}

impl Guided {
    /// One stage for each kind of markets, on VMs that `vm` makes.
    pub fn new(mut vm: impl FnMut() -> Vm) -> Self {
        let stage = |number| {
            let setting = setting(number);
            Stage::on(Ground::on(vm(), setting.markets.clone()), &setting)
        };
        Self((0..VARIANTS).map(stage).map(Player::on).collect())
    }

    /// Plays an input from the beginning.
    pub fn play(&self, input: &[u8]) -> Played {
        let (first, rest) = input.split_first().unwrap_or((&0, &[]));
        let variant = u64::from(*first) % VARIANTS;
        let mut player = self.0[usize::try_from(variant).unwrap()].clone();
        let mut steps = Vec::new();
        for bytes in rest.chunks(STEP_BYTES) {
            let step = player.draw(&mut Rng::of_bytes(bytes));
            steps.push(step.clone());
            if let Err(why) = player.play(&step) {
                let (why, steps) = shorten(variant, steps, why);
                let lines: Vec<String> = steps.iter().map(Step::to_string).collect();
                let lines = format!("# markets {variant}\n{}", lines.join("\n"));
                return Played { ends: ends(player), failure: Some((why, lines)) };
            }
        }
        Played { ends: ends(player), failure: None }
    }
}

fn ends(player: Player) -> Vec<(&'static str, String)> {
    player.counts.into_keys().collect()
}
