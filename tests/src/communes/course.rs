//! How a commune will go on with a file: drawn once, before the day begins, as quotas over all files.

use super::chance::Chance;

/// How a file ends, as far as the commune and the applicant decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Granted, unless a binding opinion stands against it.
    Grant,
    /// Refused with reasons.
    Refuse,
    /// The commune says nothing. For an act whose silence is approval: what the applicant and the province do.
    Silence {
        /// The applicant invokes it.
        invoked: bool,
        /// The province attests it.
        attested: bool,
    },
    /// The applicant withdraws.
    Withdraw,
}

/// Something on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detour {
    /// The president asks for modifications; the file is deposited again.
    Modify,
    /// The clock is suspended for some days.
    Suspend,
    /// Days are added for expertise or public inquiry.
    Extend,
}

/// A mistake that the commune makes with its decision and then mends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// It refuses without reasons.
    NoReasons,
    /// It grants although a binding opinion is missing or unfavourable.
    AgainstBinding,
}

/// How a commune goes on with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// The end.
    pub ending: Ending,
    /// On the way.
    pub detour: Option<Detour>,
    /// A mistake with the decision.
    pub slip: Option<Slip>,
    /// Missing documents are brought when a reviewer asks for them.
    pub supplements: bool,
    /// The decision comes on the very last day, hours before silence would give the right.
    pub last_day: bool,
}

/// What the quotas need to know of a file.
#[derive(Debug, Clone, Copy)]
pub struct Traits<'a> {
    /// Key of the permit.
    pub permit: &'a str,
    /// A large project.
    pub large: bool,
}

impl Traits<'_> {
    /// Silence is approval, and the limit ends within 30 working days: so the run need not last longer.
    fn silence_soon(self) -> bool {
        !self.is_sixty() && self.permit != "regularisation"
    }

    /// The limit is 60 days.
    fn is_sixty(self) -> bool {
        matches!(self.permit, "classified-2" | "classified-3" | "activity-declaration" | "public-domain")
    }

    /// Its silence gives the right within 15 working days or a month.
    fn silence_short(self) -> bool {
        self.silence_soon()
            && !matches!(self.permit, "subdivision" | "housing-group" | "parcelling")
            && !self.large
    }
}

/// Shares of the files, in a thousand, and how many there are at least.
const SILENT: (usize, usize) = (40, 8);
const INVOKED: (usize, usize) = (12, 5);
const ATTESTED: (usize, usize) = (6, 2);
const REFUSED: (usize, usize) = (45, 3);
const LAST_DAY: (usize, usize) = (4, 2);
const WITHDRAWN: (usize, usize) = (15, 1);
const MODIFIED: (usize, usize) = (12, 1);
const SUSPENDED: (usize, usize) = (8, 1);
const EXTENDED: (usize, usize) = (6, 1);
const SLIPPED: (usize, usize) = (6, 1);
/// Files with a limit of 60 days about which nobody ever decides.
const NEVER_DECIDED: (usize, usize) = (2, 1);

fn quota((in_thousand, least): (usize, usize), files: usize) -> usize {
    (files * in_thousand / 1000).max(least)
}

/// Draws the courses of all files.
#[must_use]
pub fn draw(chance: Chance, references: &[String], traits: &[Traits<'_>]) -> Vec<Course> {
    let files = references.len();
    let plain = |index: usize| Course {
        ending: Ending::Grant,
        detour: None,
        slip: chance.happens(&references[index], "against-binding", 0.2).then_some(Slip::AgainstBinding),
        supplements: chance.happens(&references[index], "supplements", 0.85),
        last_day: false,
    };
    let mut courses: Vec<Course> = (0..files).map(plain).collect();
    let order = chance.shuffled(references, "course");
    let mut free: Vec<usize> = order;
    let mut take = |count: usize, fits: &dyn Fn(Traits<'_>) -> bool| -> Vec<usize> {
        let taken: Vec<usize> =
            free.iter().copied().filter(|index| fits(traits[*index])).take(count).collect();
        free.retain(|index| !taken.contains(index));
        taken
    };
    let (invoked, attested) = (quota(INVOKED, files), quota(ATTESTED, files));
    // Those that go furthest come first, from the short limits: what follows the right needs time.
    for (number, index) in take(invoked, &|file| file.silence_short()).into_iter().enumerate() {
        courses[index].ending = Ending::Silence { invoked: true, attested: number < attested };
    }
    let rest = quota(SILENT, files).saturating_sub(invoked);
    for index in take(rest, &|file| file.silence_soon()) {
        courses[index].ending = Ending::Silence { invoked: false, attested: false };
    }
    for index in take(quota(NEVER_DECIDED, files), &|file| file.is_sixty()) {
        courses[index].ending = Ending::Silence { invoked: false, attested: false };
    }
    for index in take(quota(LAST_DAY, files), &|file| file.silence_short()) {
        courses[index].last_day = true;
        courses[index].slip = None;
    }
    for index in take(quota(WITHDRAWN, files), &|_| true) {
        courses[index].ending = Ending::Withdraw;
    }
    for (count, detour) in
        [(MODIFIED, Detour::Modify), (SUSPENDED, Detour::Suspend), (EXTENDED, Detour::Extend)]
    {
        for index in take(quota(count, files), &|file| file.permit == "building") {
            courses[index].detour = Some(detour);
        }
    }
    for index in take(quota(SLIPPED, files), &|_| true) {
        courses[index].ending = Ending::Refuse;
        courses[index].slip = Some(Slip::NoReasons);
    }
    for index in take(quota(REFUSED, files), &|_| true) {
        courses[index].ending = Ending::Refuse;
    }
    courses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(files: usize) -> (Vec<Course>, Vec<&'static str>) {
        let references: Vec<String> = (0..files).map(|n| format!("F-{n}")).collect();
        let permits: Vec<&'static str> = (0..files)
            .map(|n| match n % 10 {
                0 => "occupancy",
                1 => "public-domain",
                2 => "subdivision",
                _ => "building",
            })
            .collect();
        let traits: Vec<Traits<'_>> =
            permits.iter().enumerate().map(|(n, permit)| Traits { permit, large: n % 5 == 4 }).collect();
        (draw(Chance::new(1), &references, &traits), permits)
    }

    #[test]
    fn quotas_hold_for_a_small_and_for_a_whole_day() {
        for files in [100, 1251] {
            let (courses, _) = drawn(files);
            let count = |keep: &dyn Fn(&Course) -> bool| courses.iter().filter(|course| keep(course)).count();
            let silent = count(&|c| matches!(c.ending, Ending::Silence { .. }));
            assert!(silent * 100 >= files * 3, "{silent} of {files}");
            assert!(count(&|c| matches!(c.ending, Ending::Silence { invoked: true, .. })) >= 5);
            assert!(count(&|c| matches!(c.ending, Ending::Silence { attested: true, .. })) >= 1);
            assert!(count(&|c| c.ending == Ending::Refuse) * 100 >= files * 3);
            assert!(count(&|c| c.ending == Ending::Withdraw) >= 1);
            for detour in [Detour::Modify, Detour::Suspend, Detour::Extend] {
                assert!(count(&|c| c.detour == Some(detour)) >= 1);
            }
        }
    }

    #[test]
    fn silence_that_is_invoked_gives_a_right() {
        let (courses, permits) = drawn(1251);
        for (course, permit) in courses.iter().zip(permits) {
            if matches!(course.ending, Ending::Silence { invoked: true, .. }) {
                assert_ne!(permit, "public-domain");
            }
        }
    }
}
