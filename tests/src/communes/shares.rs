//! How many files of each kind a day has.
//!
//! Of 1,251 files a day (2022) 1,080 are urban and 171 economic; of 87,535 building-permit files in the year
//! 17,889 were large projects and 69,646 small ones. How the other urban acts and the economic acts divide is
//! not published: the weights below are a choice, and every kind is present.

/// Files of a day in 2022: urban, economic.
pub const URBAN: u32 = 1_080;
/// Economic files of a day in 2022.
pub const ECONOMIC: u32 = 171;
/// Large projects among the building-permit files of 2022.
pub const LARGE: u32 = 17_889;
/// Small projects among the building-permit files of 2022.
pub const SMALL: u32 = 69_646;

/// Urban acts in a thousand urban files.
const URBAN_WEIGHTS: [(&str, u32); 9] = [
    ("building", 800),
    ("subdivision", 20),
    ("housing-group", 12),
    ("parcelling", 28),
    ("occupancy", 56),
    ("conformity", 20),
    ("repair", 32),
    ("demolition", 14),
    ("regularisation", 18),
];

/// Economic acts in a thousand economic files.
const ECONOMIC_WEIGHTS: [(&str, u32); 4] =
    [("activity-declaration", 400), ("classified-2", 100), ("classified-3", 200), ("public-domain", 300)];

/// A kind of file and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Key of the permit.
    pub permit: &'static str,
    /// A large project, where that makes a difference (building).
    pub large: bool,
    /// How many.
    pub count: usize,
}

/// The kinds of a day of so many files: quotas by largest remainder, every kind at least once from 60 files on.
#[must_use]
pub fn kinds(files: usize) -> Vec<Kind> {
    let halves = quotas(files, &[URBAN, ECONOMIC]);
    let mut all = Vec::new();
    for (count, weights) in [(halves[0], &URBAN_WEIGHTS[..]), (halves[1], &ECONOMIC_WEIGHTS[..])] {
        let parts: Vec<u32> = weights.iter().map(|(_, weight)| *weight).collect();
        let counts = present(quotas(count, &parts));
        all.extend(weights.iter().zip(counts).map(|((permit, _), count)| Kind {
            permit,
            large: false,
            count,
        }));
    }
    let building = all[0].count;
    let classes = present(quotas(building, &[LARGE, SMALL]));
    all[0].count = classes[1];
    all.push(Kind { permit: "building", large: true, count: classes[0] });
    all
}

/// Divides `total` by weights: whole numbers that add up, by largest remainder.
#[must_use]
pub fn quotas(total: usize, weights: &[u32]) -> Vec<usize> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum::<u64>().max(1);
    let total = u64::try_from(total).unwrap_or(0);
    let exact: Vec<u64> = weights.iter().map(|weight| total * u64::from(*weight)).collect();
    let mut counts: Vec<u64> = exact.iter().map(|part| part / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| (std::cmp::Reverse(exact[*index] % sum), *index));
    let missing = total - counts.iter().sum::<u64>();
    for index in order.iter().take(usize::try_from(missing).unwrap_or(0)) {
        counts[*index] += 1;
    }
    counts.into_iter().map(|count| usize::try_from(count).unwrap_or(0)).collect()
}

/// Gives every empty part one file of the largest, as long as that has more than one.
fn present(mut counts: Vec<usize>) -> Vec<usize> {
    while let Some(empty) = counts.iter().position(|count| *count == 0) {
        let Some(largest) = (0..counts.len()).max_by_key(|index| counts[*index]) else { break };
        if counts[largest] < 2 {
            break;
        }
        counts[largest] -= 1;
        counts[empty] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(kinds: &[Kind], keep: impl Fn(&Kind) -> bool) -> usize {
        kinds.iter().filter(|kind| keep(kind)).map(|kind| kind.count).sum()
    }

    const URBAN_KEYS: [&str; 9] = [
        "building",
        "subdivision",
        "housing-group",
        "parcelling",
        "occupancy",
        "conformity",
        "repair",
        "demolition",
        "regularisation",
    ];

    #[test]
    fn the_day_of_2022_has_its_published_shares() {
        let kinds = kinds(1251);
        assert_eq!(count(&kinds, |_| true), 1251);
        assert_eq!(count(&kinds, |kind| URBAN_KEYS.contains(&kind.permit)), 1080);
        let large = count(&kinds, |kind| kind.permit == "building" && kind.large);
        let building = count(&kinds, |kind| kind.permit == "building");
        let expected = f64::from(LARGE) / f64::from(LARGE + SMALL);
        assert!((large as f64 / building as f64 - expected).abs() < 0.001, "{large} of {building}");
    }

    #[test]
    fn every_kind_is_present_from_sixty_files_on_and_the_sum_is_right() {
        for files in [14, 20, 60, 100, 400, 1251, 5000] {
            let kinds = kinds(files);
            assert_eq!(count(&kinds, |_| true), files, "{files}");
            if files >= 60 {
                assert!(kinds.iter().all(|kind| kind.count > 0), "{files}: {kinds:?}");
            }
        }
    }

    #[test]
    fn quotas_add_up() {
        assert_eq!(quotas(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(quotas(0, &[1, 2]), [0, 0]);
    }
}
