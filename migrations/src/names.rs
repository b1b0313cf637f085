//! At which addresses do the named mints and oracle accounts lie? That differs from cluster to
//! cluster, and so is kept apart from the markets.

use std::collections::BTreeMap;
use std::fmt;

use plimsoll_client::Address;

/// Addresses by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, Address>);

impl Names {
    /// Reads a file: one table, each line `"name" = "address"`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: BTreeMap<String, String> =
            toml::from_str(text).map_err(|error| error.to_string())?;
        let mut names = Self::default();
        for (name, address) in table {
            let address =
                address.parse().map_err(|_| format!("{name}: {address:?} is no address"))?;
            names.set(&name, address);
        }
        Ok(names)
    }

    /// Gives `name` an address.
    pub fn set(&mut self, name: &str, address: Address) {
        self.0.insert(name.to_string(), address);
    }

    /// The address of `name`.
    pub fn get(&self, name: &str) -> Result<Address, String> {
        self.0.get(name).copied().ok_or_else(|| format!("no address is given for {name:?}"))
    }
}

impl fmt::Display for Names {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, address)| writeln!(f, "{name:?} = \"{address}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_a_name_its_address() {
        let address = Address::new_from_array([7; 32]);
        let names = Names::parse(&format!("# local\n\"SOL/USD\" = \"{address}\"\n")).unwrap();

        assert_eq!(names.get("SOL/USD"), Ok(address));
        assert_eq!(Names::parse(&names.to_string()), Ok(names.clone()));
        assert!(names.get("SOL").is_err());
        assert!(Names::parse("SOL = \"nowhere\"").unwrap_err().contains("is no address"));
    }
}
