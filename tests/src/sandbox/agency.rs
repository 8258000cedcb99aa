//! The five agencies and the keys under which they stand in paths, profiles and the ledger.

use serde::{Deserialize, Serialize};

/// One simulated agency; the key is kebab-case everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agency {
    /// Agence Urbaine.
    UrbanAgency,
    /// National electricity and drinking water office.
    Onee,
    /// Agence du Bassin Hydraulique.
    WaterBasin,
    /// ANCFCC.
    LandRegistry,
    /// Al Barid Bank.
    BaridBank,
}

impl std::str::FromStr for Agency {
    type Err = String;

    fn from_str(key: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|agency| agency.key() == key).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|agency| agency.key()).collect();
            format!("there is no agency `{key}`; there are {}", known.join(", "))
        })
    }
}

impl Agency {
    /// All of them, in the order in which pages and counts show them.
    pub const ALL: [Self; 5] =
        [Self::UrbanAgency, Self::Onee, Self::WaterBasin, Self::LandRegistry, Self::BaridBank];

    /// The key, which is also the first segment of its paths.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::UrbanAgency => "urban-agency",
            Self::Onee => "onee",
            Self::WaterBasin => "water-basin",
            Self::LandRegistry => "land-registry",
            Self::BaridBank => "barid-bank",
        }
    }

    /// The agency whose paths begin so.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let first = path.trim_start_matches('/').split('/').next()?;
        Self::ALL.into_iter().find(|agency| agency.key() == first)
    }
}
