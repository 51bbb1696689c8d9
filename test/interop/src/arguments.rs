//! `--name value` pairs, and `--no-name` on its own.

use std::{collections::BTreeMap, str::FromStr};

use anyhow::{Context, Result, bail};

pub struct Arguments(BTreeMap<String, Vec<String>>);

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut pairs = BTreeMap::<String, Vec<String>>::new();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                bail!("expected --name, got {word:?}");
            };
            let value = match name.starts_with("no-") {
                true => String::new(),
                false => words.next().with_context(|| format!("--{name} needs a value"))?,
            };
            pairs.entry(name.to_owned()).or_default().push(value);
        }
        Ok(Self(pairs))
    }

    /// Of two values one stays behind, for `finish` to complain of.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.0.remove(name)?;
        let value = values.pop();
        if !values.is_empty() {
            self.0.insert(name.to_owned(), values);
        }
        value
    }

    pub fn need(&mut self, name: &str) -> Result<String> {
        self.text(name).with_context(|| format!("--{name} is missing"))
    }

    /// All of a repeated argument, in their order.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        self.0.remove(name).unwrap_or_default()
    }

    /// Whether `--no-NAME` is absent.
    pub fn allows(&mut self, name: &str) -> bool {
        self.0.remove(&format!("no-{name}")).is_none()
    }

    pub fn number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        self.text(name).map(|text| parse(name, &text)).transpose()
    }

    pub fn numbers<T: FromStr>(&mut self, name: &str) -> Result<Vec<T>> {
        self.texts(name).iter().map(|text| parse(name, text)).collect()
    }

    /// A misspelt argument is an error, not a default.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => bail!("--{name}: unknown, or given too often"),
        }
    }
}

fn parse<T: FromStr>(name: &str, text: &str) -> Result<T> {
    text.parse().ok().with_context(|| format!("--{name} is not a number: {text:?}"))
}
