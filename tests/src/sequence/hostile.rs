//! What does an attacker do to the list of accounts of an instruction?

use plimsoll_client::{AccountMeta, Address, Instruction};

use super::rng::Rng;
use super::stage::Stage;
use super::step::Twist;
use crate::vm::address;

/// Owns what is forged.
const FORGER: &str = "forger";

/// A twist for an instruction with this many accounts.
pub(crate) fn draw(rng: &mut Rng, count: usize) -> Option<Twist> {
    if count == 0 {
        return None;
    }
    let at = rng.index(count);
    Some(match rng.below(7) {
        0 => Twist::Drop(at),
        1 => Twist::Double(at),
        2 => Twist::Swap(at, rng.index(count)),
        3 | 4 => Twist::Foreign(at),
        5 => Twist::Forged(at),
        _ => Twist::Poison,
    })
}

/// The instruction with its list twisted; `None` where that changes nothing, or makes another
/// honest instruction of it.
pub(crate) fn twist(stage: &mut Stage, twist: Twist, one: &Instruction) -> Option<Instruction> {
    let mut one = one.clone();
    let count = one.accounts.len();
    match twist {
        Twist::Poison => {}
        Twist::Drop(at) if at < count => {
            one.accounts.remove(at);
        }
        Twist::Double(at) if at < count => one.accounts.insert(at, one.accounts[at].clone()),
        Twist::Swap(at, other) if at < count && other < count => {
            let [left, right] = [&one.accounts[at], &one.accounts[other]].map(|meta| meta.pubkey);
            // Two accounts, wallets or signers that change places make another honest step.
            if left == right || (!is_listed(stage, &left) && !is_listed(stage, &right)) {
                return None;
            }
            one.accounts[at].pubkey = right;
            one.accounts[other].pubkey = left;
        }
        Twist::Foreign(at) if at < count => {
            let there = *stage.foreign.get(&one.accounts[at].pubkey)?;
            replace(&mut one.accounts[at], there);
        }
        Twist::Forged(at) if at < count => {
            let there = forge(stage, &one.accounts[at].pubkey)?;
            replace(&mut one.accounts[at], there);
        }
        _ => return None,
    }
    Some(one)
}

fn replace(meta: &mut AccountMeta, there: Address) {
    meta.pubkey = there;
}

/// Is an account one of the group itself: no margin account, nobody's wallet?
fn is_listed(stage: &Stage, at: &Address) -> bool {
    let directory = &stage.world.directory;
    let mut expiries = directory.expiries.iter();
    directory.addresses().contains(at) || expiries.any(|one| one.address == *at)
}

/// A copy of an account's bytes that another program owns; only of accounts of the program and of
/// oracles, since anybody may hold copies of tokens.
fn forge(stage: &mut Stage, at: &Address) -> Option<Address> {
    let account = stage.world.vm.svm.get_account(at)?;
    let margin = account.owner == plimsoll_client::PROGRAM_ID;
    if !margin && !is_listed(stage, at) {
        return None;
    }
    let there = address("forged");
    stage.world.vm.put(there, address(FORGER), account.data);
    Some(there)
}
