//! `--name value` pairs.

use std::{collections::BTreeMap, str::FromStr};

use anyhow::{Context, Result, bail};

pub struct Arguments(BTreeMap<String, String>);

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut pairs = BTreeMap::new();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                bail!("expected --name, got {word:?}");
            };
            let value = words.next().with_context(|| format!("--{name} needs a value"))?;
            pairs.insert(name.to_owned(), value);
        }
        Ok(Self(pairs))
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    pub fn number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => bail!("--{name} is not a number: {text:?}"),
            },
        }
    }

    /// A misspelt argument is an error, not a default.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => bail!("unknown argument --{name}"),
        }
    }
}
