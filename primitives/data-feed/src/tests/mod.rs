//! Tests, one file for each part.

mod aggregate;
mod definition;
mod value;
mod word;
