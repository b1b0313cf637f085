//! What is checked after a step: the laws, the model, and that what failed changed nothing.

use std::collections::{BTreeMap, VecDeque};

use plimsoll_client::instruction as ix;
use plimsoll_client::Instruction;
use plimsoll_model::{compare, judge, Action, Market};

use super::debts::Plan;
use super::entry::{entries, signer, Act, Entry, Play};
use super::expiries::{judged, sampled, stale};
use super::hostile;
use super::last_resort::{abandoned, resizes, waited};
use super::pools::income;
use super::reached::reached;
use super::rng::Rng;
use super::stage::{Setting, Stage};
use super::step::{Step, Twist};
use crate::contracts::unit_limit;

/// Steps of which one in a hundred this many are twisted.
const TWISTED_PERCENT: u64 = 8;
/// How a transaction ends that ran out of something: no instruction may.
const EXHAUSTED: [&str; 3] =
    ["ProgramFailedToComplete", "ComputationalBudgetExceeded", "InvalidRealloc"];

/// How the program ends where an account is not there.
const MISSING: &str = "AccountDataTooSmall";

/// Under this name counts stand of what steps brought about.
pub(crate) const REACHED: &str = "reached";

/// How often each entry came to which end.
pub type Counts = BTreeMap<(&'static str, String), u64>;

/// Plays steps on a stage.
#[derive(Clone)]
pub(crate) struct Player {
    stage: Stage,
    entries: Vec<Entry>,
    /// Steps that were drawn together with the last one.
    due: VecDeque<Step>,
    /// What an account is up to.
    plan: Option<Plan>,
    /// How often what came of what.
    pub(crate) counts: Counts,
}

impl Player {
    /// A player on a new stage.
    pub(crate) fn new(setting: Setting) -> Self {
        Self::on(Stage::new(setting))
    }

    /// A player on a stage that is there.
    pub(crate) fn on(stage: Stage) -> Self {
        Self { stage, entries: entries(), due: VecDeque::new(), plan: None, counts: Counts::new() }
    }

    /// A step that is likely to work now. What a check reads is mostly refreshed before it.
    pub(crate) fn draw(&mut self, rng: &mut Rng) -> Step {
        if let Some(step) = self.due.pop_front() {
            return step;
        }
        self.go_on(rng);
        if self.due.is_empty() {
            let step = self.draw_one(rng);
            if step.name == "write_off_debt" {
                // Who owes nothing yet has a way to go.
                let account = step.words.first().and_then(|account| u16::try_from(*account).ok());
                self.plan = account.and_then(|account| Plan::new(&self.stage, account, rng));
                self.go_on(rng);
            }
            if self.due.is_empty() {
                self.prepare(&step, rng);
                self.due.push_back(step.clone());
                self.follow(&step, rng);
            }
        }
        self.due.pop_front().unwrap()
    }

    /// The next steps of a plan, if there is one.
    fn go_on(&mut self, rng: &mut Rng) {
        let next = self.plan.as_mut().and_then(|plan| plan.next(&self.stage, rng));
        if next.is_none() {
            self.plan = None;
        }
        for (name, words) in next.into_iter().flatten() {
            let step = with(name, words);
            self.prepare(&step, rng);
            self.due.push_back(step);
        }
    }

    /// What is mostly done before a step: what it reads is refreshed, whom it judges is resized, a debt is
    /// repaid out of what the fund receives, and who is written off had nobody that bid.
    fn prepare(&mut self, step: &Step, rng: &mut Rng) {
        if rng.chance(88) {
            if let Some(action) = self.action(step) {
                let resize = |words| with("resize_position", words);
                let refresh = |index| with("refresh_risk_array", vec![index as i128]);
                self.due.extend(resizes(&self.stage, &judged(&action).0).into_iter().map(resize));
                self.due.extend(stale(&self.stage, &action).into_iter().map(refresh));
            }
        }
        let account = step.words.first().and_then(|account| u16::try_from(*account).ok());
        if let Some(account) = account.filter(|_| step.name == "write_off_debt") {
            let closings = abandoned(&self.stage, account);
            if !closings.is_empty() {
                let watch = vec![account.into(), waited(&self.stage).into()];
                self.prepare(&with("watch", watch.clone()), rng);
                self.due.push_back(with("watch", watch));
                // What a position had won is its account's, as far as there is cash.
                let settle = |words: &Vec<i128>| vec![words[0], words[1], -1];
                let settles: Vec<_> = closings.iter().map(settle).collect();
                self.due.extend(closings.into_iter().map(|words| with("deleverage", words)));
                self.due.extend(settles.into_iter().map(|words| with("settle_position", words)));
            }
        }
        if step.name == "repay_debt" && rng.chance(60) {
            let index = step.words.first().and_then(|index| usize::try_from(*index).ok());
            let income = index.and_then(|index| income(&self.stage, index, rng));
            self.due.extend(income.map(|(name, index)| with(name, vec![index as i128])));
        }
    }

    /// What often comes behind a step: time in a settlement window is sampled, and who was watched in
    /// vain is closed against the other side.
    fn follow(&mut self, step: &Step, rng: &mut Rng) {
        if step.name == "pass" && rng.chance(92) {
            for (on, at) in sampled(&self.stage) {
                // A jump would be no sample.
                if rng.chance(35) {
                    self.due.push_back(with("refresh_underlying", vec![on as i128]));
                }
                let words = vec![on as i128, i128::from(at)];
                self.due.push_back(with("sample_settlement", words));
            }
        }
        if let Some(account) = watched(step).filter(|_| rng.chance(25)) {
            let closings = abandoned(&self.stage, account).into_iter();
            self.due.extend(closings.map(|words| with("deleverage", words)));
        }
    }

    fn action(&self, step: &Step) -> Option<Action> {
        let found = self.entries.iter().find(|one| one.name == step.name);
        match found?.act {
            Act::Play(play) => Some(play(&self.stage, &step.words)?.action),
            // Whoever is watched is marked.
            Act::Nature(_) => Some(Action::Mark { account: watched(step)? }),
        }
    }

    fn draw_one(&self, rng: &mut Rng) -> Step {
        let total: u64 = self.entries.iter().map(|one| one.weight).sum();
        loop {
            let mut at = rng.below(total);
            let mut entries = self.entries.iter();
            let entry = loop {
                let one = entries.next().unwrap();
                match at < one.weight {
                    true => break one,
                    false => at -= one.weight,
                }
            };
            if let Some(words) = (entry.draw)(&self.stage, rng) {
                let mut step = Step { name: entry.name.into(), words, twist: None };
                if rng.chance(TWISTED_PERCENT) {
                    step.twist = self.draw_twist(entry, &step, rng);
                }
                return step;
            }
        }
    }

    fn draw_twist(&self, entry: &Entry, step: &Step, rng: &mut Rng) -> Option<Twist> {
        let Act::Play(play) = entry.act else {
            return None;
        };
        let count = play(&self.stage, &step.words)?.instruction.accounts.len();
        hostile::draw(rng, count)
    }

    /// Plays a step; the error says what is wrong with what came of it.
    pub(crate) fn play(&mut self, step: &Step) -> Result<(), String> {
        let found = self.entries.iter().find(|one| one.name == step.name);
        let entry = found.ok_or_else(|| format!("no entry {}", step.name))?;
        let name = entry.name;
        self.stage.moved();
        let end = match entry.act {
            Act::Nature(act) => {
                let done = act(&mut self.stage, &step.words);
                done.map_or("nothing", |()| "ok").to_string()
            }
            Act::Play(play) => match play(&self.stage, &step.words) {
                None => "nothing".into(),
                Some(play) => self.send(play, step.twist)?,
            },
        };
        self.stage.moved();
        *self.counts.entry((name, end)).or_default() += 1;
        Ok(())
    }

    fn send(&mut self, play: Play, twist: Option<Twist>) -> Result<String, String> {
        let market = self.stage.market().clone();
        let Some(twist) = twist else {
            return self.send_honest(&play, &market);
        };
        let Some(instruction) = hostile::twist(&mut self.stage, twist, &play.instruction) else {
            return Ok("nothing".into());
        };
        if twist == Twist::Poison {
            return self.send_poisoned(&play, &market);
        }
        let sent = self.stage.send(&raised(&play, instruction), &play.signers);
        let end = match sent.map_err(|law| law.to_string())? {
            // What is twisted and goes through must have done what was asked for all the same, or
            // have been about the other group alone.
            Ok(_)
                if matches!(twist, Twist::Foreign(_)) && self.stage.read() == self.stage.group =>
            {
                "elsewhere".to_string()
            }
            Ok(_) => {
                let seen = self.stage.read();
                compare(&self.stage.group, &market, &play.action, Ok(()), &seen)
                    .map_err(|wrong| format!("a twisted list went through: {wrong}"))?;
                self.stage.group = seen;
                "ok".to_string()
            }
            Err(failure) => failure.name,
        };
        not_exhausted(&end)?;
        Ok(format!("twisted: {end}"))
    }

    fn send_honest(&mut self, play: &Play, market: &Market) -> Result<String, String> {
        let sent = self.stage.send(&raised(play, play.instruction.clone()), &play.signers);
        let outcome = sent.map_err(|law| law.to_string())?;
        let (end, seen) = match &outcome {
            Ok(_) => (Ok(()), self.stage.read()),
            // The VM compared every account that the transaction named.
            Err(failure) => (Err(failure.name.as_str()), self.stage.group.clone()),
        };
        let compared = compare(&self.stage.group, market, &play.action, end, &seen);
        compared.map_err(|wrong| match &outcome {
            Err(failure) => format!("{wrong}\n{}", failure.logs.join("\n")),
            Ok(_) => wrong,
        })?;
        if end.is_ok() {
            for what in reached(&play.action, &self.stage.group, &seen, market) {
                *self.counts.entry((REACHED, what.to_string())).or_default() += 1;
            }
        }
        if let (Ok(receipt), Some(is_wrong)) = (&outcome, play.answer) {
            let lie = is_wrong(&self.stage, market, &play.action, &receipt.return_data);
            lie.map_or(Ok(()), Err)?;
        }
        self.stage.group = seen;
        let end = end.map_or_else(str::to_string, |()| "ok".into());
        not_exhausted(&end)?;
        Ok(end)
    }

    /// The instruction, and one behind it that fails whatever there is.
    fn send_poisoned(&mut self, play: &Play, market: &Market) -> Result<String, String> {
        let poison = self.poison();
        let mut signers = play.signers.clone();
        signers.push(signer(0));
        let mut instructions = raised(play, play.instruction.clone());
        instructions.push(poison);
        let sent = self.stage.send(&instructions, &signers);
        let Err(failure) = sent.map_err(|law| law.to_string())? else {
            return Err("a transaction went through whose second half cannot".into());
        };
        let judgement = judge(&self.stage.group, market, &play.action, None);
        // Unseen, roundings are guessed against the account: what must fail is told elsewhere.
        let known = judgement.names.contains(failure.name.as_str()) || failure.name == MISSING;
        match known {
            true => Ok(format!("poisoned: {}", failure.name)),
            false => Err(format!("poisoned, failed by {}: {:?}", failure.name, judgement.names)),
        }
    }

    /// Vetoes a proposal that nobody will ever make.
    fn poison(&self) -> Instruction {
        ix::veto(&signer(0), &self.stage.world.directory.group.address, u64::MAX)
    }
}

/// Whom a step watches, if it does.
fn watched(step: &Step) -> Option<u16> {
    let account = step.words.first().filter(|_| step.name == "watch")?;
    u16::try_from(*account).ok()
}

/// A step as it is.
fn with(name: &str, words: Vec<i128>) -> Step {
    Step { name: name.into(), words, twist: None }
}

/// An instruction, and what lets it use more where it needs that.
fn raised(play: &Play, instruction: Instruction) -> Vec<Instruction> {
    match play.units {
        Some(units) => vec![unit_limit(units), instruction],
        None => vec![instruction],
    }
}

fn not_exhausted(end: &str) -> Result<(), String> {
    match EXHAUSTED.contains(&end) {
        true => Err(format!("ended by {end}")),
        false => Ok(()),
    }
}
