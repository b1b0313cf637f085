//! proto
mod support;
use plimsoll_surface::*;
use support::*;

#[test]
fn chain_fit() {
    let Some(mut expiries) = chain() else { return };
    if std::env::var("EQUAL").is_ok() {
        for e in &mut expiries {
            for q in &mut e.quotes {
                q.weight = Weight::Given(1.0);
            }
        }
    }
    let t = std::time::Instant::now();
    let fits = fit_surface(&expiries).unwrap();
    println!("{:?}", t.elapsed());
    let w: Option<usize> = std::env::var("ROW").ok().map(|x| x.parse().unwrap());
    if let Some(w) = w {
        let (e, f) = (&expiries[w], &fits[w]);
        println!("free {:?}", numbers(&f.free));
        for q in &e.quotes {
            if q.terms.kind == plimsoll_options::Kind::Put {
                continue;
            };
            let Observed::Volatility(v) = q.observed else { continue };
            let k = (q.terms.strike.get() as f64 / e.forward.get() as f64).ln();
            println!(
                "k {k:.4} iv {} fit {} free {}",
                v.ppm(),
                f.slice.volatility_of(q.terms.strike, e.forward).ppm(),
                f.free.volatility_of(q.terms.strike, e.forward).ppm()
            );
        }
    }
    for (e, f) in expiries.iter().zip(&fits) {
        let r = report(e, &f.slice, |_| true).unwrap();
        let q = report(e, &f.free, |_| true).unwrap();
        let rows = |x: &Errors| {
            x.largest_row.map(|r| e.quotes[r].terms.strike.get() as f64 / e.forward.get() as f64)
        };
        let [a, b, rho, m, s] = numbers(&f.slice);
        println!("{:6.2}d n={} w {:.4} ({:.4}) vol rms {:.3}% worst {:.3}% at {:.2} | prem rms {:.2e} worst {:.2e} at {:.2} | spread n={} inside {} rms {:.2} worst {:.2} at {:.2}| {:?} free {:.3}% {:.3}% {:.2e} | {a:.4} {b:.4} {rho:.4} {m:.4} {s:.4}",
          e.time.get() as f64/86400., e.quotes.len(), r.weighted*100., q.weighted*100., r.volatility.rms*100., r.volatility.largest*100., rows(&r.volatility).unwrap(), r.premium.rms, r.premium.largest, rows(&r.premium).unwrap(),
          r.spread.rows, r.inside, r.spread.rms, r.spread.largest, rows(&r.spread).unwrap_or(0.), f.refused, q.volatility.rms*100., q.volatility.largest*100., q.premium.rms);
    }
}
