//! Which whole amounts are there? Money, tokens, contracts, and the steps of a price.

quantity! { signed
    /// Smallest units of the group's quote token. Negative: owed.
    QuoteAtoms(i64)
}

quantity! { signed
    /// Smallest units of some token. Negative: borrowed.
    TokenAtoms(i64)
}

quantity! { signed
    /// Contracts of one instrument. Negative: short.
    BaseLots(i64)
}

quantity! {
    /// A price of the book, counted in steps of the instrument's tick.
    PriceTicks(u64)
}

quantity! {
    /// What one tick is worth: quote atoms per lot and tick.
    TickSize(u64)
}
