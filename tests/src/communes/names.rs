//! Names of people and companies in the two scripts.

use serde_json::{Value, json};

use super::chance::Chance;

/// First names, French spelling and Arabic.
const FIRST: [(&str, &str); 44] = [
    ("Mohammed", "محمد"),
    ("Ahmed", "أحمد"),
    ("Youssef", "يوسف"),
    ("Hassan", "حسن"),
    ("Rachid", "رشيد"),
    ("Abdellah", "عبد الله"),
    ("Omar", "عمر"),
    ("Khalid", "خالد"),
    ("Mustapha", "مصطفى"),
    ("Said", "سعيد"),
    ("Brahim", "إبراهيم"),
    ("Hicham", "هشام"),
    ("Karim", "كريم"),
    ("Nabil", "نبيل"),
    ("Driss", "إدريس"),
    ("Abdelkader", "عبد القادر"),
    ("Lahcen", "لحسن"),
    ("Mehdi", "المهدي"),
    ("Anas", "أنس"),
    ("Ayoub", "أيوب"),
    ("Ismail", "إسماعيل"),
    ("Jamal", "جمال"),
    ("Fatima", "فاطمة"),
    ("Khadija", "خديجة"),
    ("Aicha", "عائشة"),
    ("Zineb", "زينب"),
    ("Salma", "سلمى"),
    ("Naima", "نعيمة"),
    ("Samira", "سميرة"),
    ("Latifa", "لطيفة"),
    ("Malika", "مليكة"),
    ("Houda", "هدى"),
    ("Nadia", "نادية"),
    ("Rachida", "رشيدة"),
    ("Hanane", "حنان"),
    ("Imane", "إيمان"),
    ("Meryem", "مريم"),
    ("Sanae", "سناء"),
    ("Bouchra", "بشرى"),
    ("Amina", "أمينة"),
    ("Loubna", "لبنى"),
    ("Hafsa", "حفصة"),
    ("Touria", "ثريا"),
    ("Wafae", "وفاء"),
];

/// Family names, French spelling and Arabic.
const LAST: [(&str, &str); 48] = [
    ("Alaoui", "العلوي"),
    ("Benali", "بنعلي"),
    ("El Idrissi", "الإدريسي"),
    ("Bennani", "بناني"),
    ("Tazi", "التازي"),
    ("El Fassi", "الفاسي"),
    ("Berrada", "برادة"),
    ("Chraibi", "الشرايبي"),
    ("El Amrani", "العمراني"),
    ("Ouazzani", "الوزاني"),
    ("Bouazza", "بوعزة"),
    ("El Haddad", "الحداد"),
    ("Naciri", "الناصري"),
    ("Lahlou", "لحلو"),
    ("Ziani", "الزياني"),
    ("El Mansouri", "المنصوري"),
    ("Bensaid", "بنسعيد"),
    ("Kabbaj", "القباج"),
    ("Belhaj", "بلحاج"),
    ("El Khattabi", "الخطابي"),
    ("Saidi", "السعيدي"),
    ("Filali", "الفيلالي"),
    ("Skalli", "الصقلي"),
    ("Benjelloun", "بنجلون"),
    ("El Ouardi", "الوردي"),
    ("Haddou", "حدو"),
    ("Aït Lahcen", "أيت لحسن"),
    ("Oubella", "أوبلا"),
    ("Amghar", "أمغار"),
    ("Idbella", "إدبلا"),
    ("El Guerrouj", "الكروج"),
    ("Tahiri", "الطاهري"),
    ("Mernissi", "المرنيسي"),
    ("Sebti", "السبتي"),
    ("Raissouni", "الريسوني"),
    ("Baddou", "بدو"),
    ("El Yaagoubi", "اليعقوبي"),
    ("Cherkaoui", "الشرقاوي"),
    ("Daoudi", "الداودي"),
    ("Hamdaoui", "الحمداوي"),
    ("Jabri", "الجابري"),
    ("Kettani", "الكتاني"),
    ("Moussaoui", "الموساوي"),
    ("Rahmani", "الرحماني"),
    ("Slaoui", "السلاوي"),
    ("Touzani", "التوزاني"),
    ("Zerouali", "الزروالي"),
    ("Boukili", "البوكيلي"),
];

/// What companies do, in both languages, around the founder's name.
const TRADES: [(&str, &str); 6] = [
    ("Immobilière", "العقارية"),
    ("Constructions", "للبناء"),
    ("Industries", "للصناعة"),
    ("Distribution", "للتوزيع"),
    ("Hôtellerie", "للفندقة"),
    ("Agro", "للفلاحة"),
];

/// Public bodies that build.
const PUBLIC_BODIES: [(&str, &str); 4] = [
    ("Académie régionale d'éducation et de formation", "الأكاديمية الجهوية للتربية والتكوين"),
    ("Direction régionale de la santé", "المديرية الجهوية للصحة"),
    ("Office de la formation professionnelle", "مكتب التكوين المهني"),
    ("Conseil provincial", "المجلس الإقليمي"),
];

/// A person's name; `who` tells the applicant from the architect of one file.
#[must_use]
pub fn person(chance: Chance, reference: &str, who: &str) -> Value {
    let pick = |part: &str, list| chance.pick(reference, &format!("{who}-{part}"), list).copied();
    let (first, last) =
        (pick("first", &FIRST[..]).unwrap_or(FIRST[0]), pick("last", &LAST[..]).unwrap_or(LAST[0]));
    json!({"fr": format!("{} {}", first.0, last.0), "ar": format!("{} {}", first.1, last.1)})
}

/// A company's name.
#[must_use]
pub fn company(chance: Chance, reference: &str) -> Value {
    let last = chance.pick(reference, "company", &LAST).copied().unwrap_or(LAST[0]);
    let trade = chance.pick(reference, "trade", &TRADES).copied().unwrap_or(TRADES[0]);
    json!({"fr": format!("Société {} {} SARL", last.0, trade.0), "ar": format!("شركة {} {} ش.م.م", last.1, trade.1)})
}

/// A public body's name.
#[must_use]
pub fn public_body(chance: Chance, reference: &str) -> Value {
    let body = chance.pick(reference, "body", &PUBLIC_BODIES).copied().unwrap_or(PUBLIC_BODIES[0]);
    json!({"fr": body.0, "ar": body.1})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arabic(text: &str) -> bool {
        text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c))
    }

    #[test]
    fn every_name_stands_in_both_scripts() {
        let lists = FIRST.iter().chain(&LAST).chain(&TRADES).chain(&PUBLIC_BODIES);
        for (fr, ar) in lists {
            assert!(arabic(ar) && !arabic(fr), "{fr} {ar}");
        }
        let one = person(Chance::new(1), "F-1", "applicant");
        assert_ne!(one, person(Chance::new(1), "F-1", "architect"));
    }
}
