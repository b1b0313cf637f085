//! What does the program say of its instructions? Read from the IDL that was built with it, so
//! that an instruction, an account or an argument which nobody thought of is in the table too.

use serde_json::Value;

const IDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/idl/plimsoll.json");

/// The interface of the built program.
pub struct Idl {
    instructions: Vec<Value>,
    accounts: Vec<Value>,
    types: Vec<Value>,
}

/// One place in an instruction's data.
#[derive(Clone, Debug)]
pub struct Place {
    /// Argument and fields that lead to it.
    pub path: String,
    /// Where its bytes begin.
    pub at: usize,
    /// How many they are.
    pub bytes: usize,
    /// How they are to be read.
    pub shape: Shape,
}

/// How the bytes of a place are to be read, as far as extremes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An unsigned number, a count of elements or the tag of a variant.
    Unsigned,
    /// A signed number.
    Signed,
    /// Bytes without order: an address, a name.
    Opaque,
}

impl Idl {
    /// Reads the IDL of the last build.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(IDL).expect("run `cargo xtask build` first");
        let mut idl: Value = serde_json::from_str(&text).unwrap();
        let mut take = |part: &str| idl[part].as_array_mut().map(std::mem::take).unwrap();
        let (instructions, accounts) = (take("instructions"), take("accounts"));
        Self { instructions, accounts, types: take("types") }
    }

    /// Names of all instructions, in the order of the IDL.
    pub fn instructions(&self) -> impl Iterator<Item = &str> {
        self.instructions.iter().map(|one| one["name"].as_str().unwrap())
    }

    /// Names of the accounts that an instruction declares, in order.
    pub fn accounts(&self, instruction: &str) -> Vec<&str> {
        let accounts = self.instruction(instruction)["accounts"].as_array().unwrap();
        accounts.iter().map(|one| one["name"].as_str().unwrap()).collect()
    }

    /// True of an account that need not be there.
    pub fn is_optional(&self, instruction: &str, at: usize) -> bool {
        self.instruction(instruction)["accounts"][at]["optional"] == true
    }

    /// The kind of stored account that begins with these bytes.
    pub fn kind(&self, data: &[u8]) -> Option<&str> {
        let is = |one: &&Value| {
            let mark = one["discriminator"].as_array().unwrap().iter();
            data.len() >= mark.len() && mark.zip(data).all(|(a, b)| a.as_u64() == Some((*b).into()))
        };
        self.accounts.iter().find(is).map(|one| one["name"].as_str().unwrap())
    }

    /// Every place in the data of an instruction that holds an argument.
    pub fn places(&self, instruction: &str, data: &[u8]) -> Vec<Place> {
        let one = self.instruction(instruction);
        let mut walk = Walk { idl: self, data, at: 0, places: Vec::new() };
        walk.at = one["discriminator"].as_array().unwrap().len();
        for argument in one["args"].as_array().unwrap() {
            walk.value(argument["name"].as_str().unwrap().to_string(), &argument["type"]);
        }
        assert_eq!(walk.at, data.len(), "{instruction}: the IDL does not account for all data");
        walk.places
    }

    fn instruction(&self, name: &str) -> &Value {
        self.instructions.iter().find(|one| one["name"] == name).unwrap()
    }

    fn type_of(&self, name: &Value) -> &Value {
        let found = self.types.iter().find(|one| one["name"] == *name);
        &found.unwrap_or_else(|| panic!("the IDL has no type {name}"))["type"]
    }
}

/// Steps through an instruction's data as its arguments lie in it.
struct Walk<'a> {
    idl: &'a Idl,
    data: &'a [u8],
    at: usize,
    places: Vec<Place>,
}

impl Walk<'_> {
    fn value(&mut self, path: String, of: &Value) {
        if let Some(name) = of.as_str() {
            let (bytes, shape) = primitive(name);
            self.leaf(path, bytes, shape);
        } else if !of["vec"].is_null() {
            let count = self.number(format!("{path}.length"), 4);
            for at in 0..count {
                self.element(&path, at, &of["vec"]);
            }
        } else if !of["option"].is_null() {
            if self.number(format!("{path}.is_some"), 1) == 1 {
                self.value(path, &of["option"]);
            }
        } else if let Some(array) = of["array"].as_array() {
            let count = array[1].as_u64().unwrap();
            if array[0] == "u8" {
                return self.leaf(path, usize::try_from(count).unwrap(), Shape::Opaque);
            }
            for at in 0..count {
                self.element(&path, at, &array[0]);
            }
        } else {
            let of = self.idl.type_of(&of["defined"]["name"]);
            self.defined(path, of);
        }
    }

    /// Elements after the first are no different, and only walked over.
    fn element(&mut self, path: &str, at: u64, of: &Value) {
        let known = self.places.len();
        self.value(format!("{path}[{at}]"), of);
        if at > 0 {
            self.places.truncate(known);
        }
    }

    fn defined(&mut self, path: String, of: &Value) {
        let fields = match of["kind"].as_str().unwrap() {
            "struct" => &of["fields"],
            "enum" => {
                let tag = self.number(format!("{path}.variant"), 1);
                &of["variants"][usize::try_from(tag).unwrap()]["fields"]
            }
            other => panic!("{path} is of the unknown kind {other}"),
        };
        for (at, field) in fields.as_array().into_iter().flatten().enumerate() {
            match field["name"].as_str() {
                Some(name) => self.value(format!("{path}.{name}"), &field["type"]),
                None => self.value(format!("{path}.{at}"), field),
            }
        }
    }

    fn number(&mut self, path: String, bytes: usize) -> u64 {
        let mut raw = [0; 8];
        raw[..bytes].copy_from_slice(&self.data[self.at..self.at + bytes]);
        self.leaf(path, bytes, Shape::Unsigned);
        u64::from_le_bytes(raw)
    }

    fn leaf(&mut self, path: String, bytes: usize, shape: Shape) {
        self.places.push(Place { path, at: self.at, bytes, shape });
        self.at += bytes;
    }
}

fn primitive(name: &str) -> (usize, Shape) {
    match name {
        "u8" | "bool" => (1, Shape::Unsigned),
        "u16" => (2, Shape::Unsigned),
        "u32" => (4, Shape::Unsigned),
        "u64" => (8, Shape::Unsigned),
        "u128" => (16, Shape::Unsigned),
        "i16" => (2, Shape::Signed),
        "i32" => (4, Shape::Signed),
        "i64" => (8, Shape::Signed),
        "i128" => (16, Shape::Signed),
        "pubkey" => (32, Shape::Opaque),
        other => panic!("no extremes are known for {other}"),
    }
}
