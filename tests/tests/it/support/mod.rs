//! What the tests stand on.

pub(crate) mod ask;
pub(crate) mod books;
pub(crate) mod browser;
pub(crate) mod commune;
pub(crate) mod drive;
pub(crate) mod gateway;
pub(crate) mod messages;
pub(crate) mod role;
pub(crate) mod servers;
pub(crate) mod tools;
pub(crate) mod wait;

pub(crate) use self::commune::Commune;
pub(crate) use self::gateway::{Gateway, Options};
