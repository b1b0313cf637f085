//! Which parts of the built program has an input reached? Read from the VM itself, so that nothing
//! has to be compiled differently.

use std::cell::RefCell;

use litesvm::{InvocationInspectCallback, LiteSVM};
use plimsoll_client::PROGRAM_ID;
use plimsoll_tests::Vm;
use solana_program_runtime::invoke_context::{InvokeContext, RegisterTrace};
use solana_transaction::sanitized::SanitizedTransaction;

/// Where the program counter lies among the registers of a traced instruction.
const COUNTER: usize = 11;
/// Features of one sort: instructions of the program, and jumps among them, hashed.
const FEATURES: usize = 1 << 17;

thread_local! {
    static REACHED: RefCell<Reached> = RefCell::new(Reached::none());
}

/// A set of features.
#[derive(Clone)]
pub struct Reached(Vec<u64>);

impl Reached {
    /// Nothing.
    pub fn none() -> Self {
        Self(vec![0; 3 * FEATURES / 64])
    }

    fn add(&mut self, sort: usize, feature: usize) {
        let at = sort * FEATURES + feature % FEATURES;
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Adds what `other` has; how much of it was new.
    pub fn join(&mut self, other: &Self) -> u32 {
        let pairs = self.0.iter_mut().zip(&other.0);
        let news = pairs.map(|(own, theirs)| {
            let new = theirs & !*own;
            *own |= new;
            new.count_ones()
        });
        news.sum()
    }

    /// How many instructions, jumps, and ends of steps.
    pub fn counts(&self) -> [u32; 3] {
        let count = |sort: usize| {
            let words = &self.0[sort * FEATURES / 64..(sort + 1) * FEATURES / 64];
            words.iter().map(|word| word.count_ones()).sum()
        };
        [count(0), count(1), count(2)]
    }

    /// A step came to this end.
    pub fn end(&mut self, name: &str, end: &str) {
        let hash = |seed: usize, text: &str| {
            let step = |hash: usize, byte: u8| (hash ^ usize::from(byte)).wrapping_mul(0x0100_0193);
            text.bytes().fold(seed, step)
        };
        self.add(2, hash(hash(0x811c_9dc5, name), end));
    }

    fn trace(&mut self, trace: RegisterTrace<'_>) {
        let mut last: Option<usize> = None;
        for registers in trace {
            let at = usize::try_from(registers[COUNTER]).unwrap();
            self.add(0, at);
            match last {
                // The one behind is where every instruction goes that does not jump.
                Some(from) if from + 1 != at => self.add(1, from.wrapping_mul(31) ^ at),
                _ => (),
            }
            last = Some(at);
        }
    }
}

/// What was reached on this thread since the last call.
pub fn take() -> Reached {
    REACHED.replace(Reached::none())
}

/// A VM that notes what it runs.
pub fn watched_vm() -> Vm {
    let mut svm = LiteSVM::new_debuggable(true);
    svm.set_invocation_inspect_callback(Watch);
    Vm::on(svm, &with_sections(Vm::program()))
}

/// The program with a table of sections, which a watched VM reads, and which upstream's linker does
/// not write: an empty entry, and an empty table of names.
fn with_sections(mut so: Vec<u8>) -> Vec<u8> {
    /// Bytes of an entry.
    const ENTRY: u16 = 64;
    const STRING_TABLE: u32 = 3;
    // Where the ELF header has the table's place, and then size of an entry, count, and which of
    // them has the names.
    const PLACE: usize = 40;
    const SIZES: usize = 58;
    if so[SIZES + 4..SIZES + 6] != [0, 0] {
        return so;
    }
    let names = so.len() as u64;
    so.resize(so.len() + 8, 0);
    let table = so.len() as u64;
    so.resize(so.len() + usize::from(ENTRY), 0);
    let mut entry = [0; ENTRY as usize];
    entry[4..8].copy_from_slice(&STRING_TABLE.to_le_bytes());
    entry[24..32].copy_from_slice(&names.to_le_bytes());
    entry[32..40].copy_from_slice(&8_u64.to_le_bytes());
    so.extend(entry);
    so[PLACE..PLACE + 8].copy_from_slice(&table.to_le_bytes());
    for (at, word) in [ENTRY, 2, 1].into_iter().enumerate() {
        so[SIZES + 2 * at..SIZES + 2 * at + 2].copy_from_slice(&word.to_le_bytes());
    }
    so
}

struct Watch;

impl InvocationInspectCallback for Watch {
    fn before_invocation(
        &self,
        _: &LiteSVM,
        _: &SanitizedTransaction,
        _: &[u16],
        _: &mut InvokeContext<'_, '_>,
        _: bool,
    ) {
    }

    fn after_invocation(
        &self,
        _: &LiteSVM,
        _: &SanitizedTransaction,
        _: &[u16],
        context: &InvokeContext<'_, '_>,
        _: bool,
    ) {
        context.iterate_vm_traces(&|one, _, trace| {
            if one.get_program_key().is_ok_and(|key| *key == PROGRAM_ID) {
                REACHED.with_borrow_mut(|reached| reached.trace(trace));
            }
        });
    }
}
