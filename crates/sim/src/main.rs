//! tmp
fn main() {
    let o = plimsoll_sim::options::Options::parse(std::env::args().skip(1))
        .unwrap()
        .unwrap();
    let t = std::time::Instant::now();
    let r = plimsoll_sim::run::run(
        &o,
        std::path::Path::new("target/deploy/plimsoll.so"),
        &mut |s, a, b| {
            if a % 20 == 0 {
                eprintln!("{s:?} {a}/{b} {:?}", t.elapsed());
            }
        },
    );
    match r {
        Err(e) => println!("ERR {e}"),
        Ok(r) => {
            for s in r.samples.iter().step_by(8) {
                println!(
                    "{} {:?} {:?} b{} rel {} disc {} bad {} ins {} neg {} eq {}",
                    s.time,
                    s.perpetual,
                    s.classes,
                    s.bids,
                    s.released,
                    s.discount,
                    s.bad_debt,
                    s.insurance,
                    s.negative,
                    s.equity
                );
            }
            println!(
                "liq {} bankrupt {} owed {} gross {} eq {} txs {} checks {} refused {}",
                r.liquidated,
                r.bankrupt,
                r.owed_end,
                r.gross_start,
                r.equity_start,
                r.transactions,
                r.checks,
                r.refused
            );
            for k in &r.keepers {
                println!("{k:?}");
            }
            for f in &r.fates {
                println!("{f:?}");
            }
            for c in r.costs.spreads() {
                println!("{c:?}");
            }
        }
    }
    println!("{:?}", t.elapsed());
}
