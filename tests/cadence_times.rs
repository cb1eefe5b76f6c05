//! How people write into CLAUDE.md when deploys may happen: days, hours, zones, freezes.

mod support {
    pub mod cases;
}

use support::cases::hold;

const FRIDAYS: &str = "deploy-window deploy must-not freeze=true days=fri from=00:00 to=24:00";
const WEEKENDS: &str = "deploy-window deploy must-not freeze=true days=sat-sun from=00:00 to=24:00";
const LATE_FRIDAYS: &str = "deploy-window deploy must-not freeze=true days=fri from=15:00 to=24:00";
const OFFICE: &str = "deploy-window deploy must days=mon-fri from=09:00 to=17:00";
const EVENT: &str = "deploy-window deploy must-not ?";

#[test]
fn days_and_hours_that_are_closed() {
    hold(&[
        ("Not on Fridays after 3 pm: no deploys then.", &[LATE_FRIDAYS]),
        ("Don't deploy on Fridays after 3 pm.", &[LATE_FRIDAYS]),
        ("No deployments after 3pm on a Friday, please.", &[LATE_FRIDAYS]),
        ("Never deploy on a Friday after 15:00 because nobody is around to fix it.", &[LATE_FRIDAYS]),
        ("Deploys are forbidden on Fridays from 15:00.", &[LATE_FRIDAYS]),
        ("- **Friday rule**: no deploys on Fridays after 15:00", &[LATE_FRIDAYS]),
        ("Friday after 15:00: no deploys.", &[LATE_FRIDAYS]),
        ("Don't deploy past 3 p.m. on Fridays.", &[LATE_FRIDAYS]),
        ("No deploys on weekends.", &[WEEKENDS]),
        ("No weekend deploys.", &[WEEKENDS]),
        ("Avoid deploying on Saturdays and Sundays.", &[WEEKENDS]),
        ("We do not deploy at weekends.", &[WEEKENDS]),
        ("You must not ship on the weekend.", &[WEEKENDS]),
        ("No deploys on Fridays or before public holidays.", &[FRIDAYS]),
        ("Never deploy on a Friday or the day before a holiday.", &[FRIDAYS]),
        ("No deploys on Fridays or at month end.", &[FRIDAYS]),
        (
            "No production deploys Fri-Sun.",
            &["deploy-window deploy must-not freeze=true days=fri-sun from=00:00 to=24:00"],
        ),
        (
            "No deploys Friday through Sunday.",
            &["deploy-window deploy must-not freeze=true days=fri-sun from=00:00 to=24:00"],
        ),
        ("Never deploy between 22:00 and 06:00.", &["deploy-window deploy must-not freeze=true from=22:00 to=06:00"]),
        ("No deploys before 9 am or after 5 pm.", &["deploy-window deploy must-not freeze=true from=17:00 to=09:00"]),
        ("No deploys before 10:00.", &["deploy-window deploy must-not freeze=true from=00:00 to=10:00"]),
        (
            "No deploys on Mondays before 10am.",
            &["deploy-window deploy must-not freeze=true days=mon from=00:00 to=10:00"],
        ),
        ("Do not push to main on Fridays.", &["deploy-window push must-not freeze=true days=fri from=00:00 to=24:00"]),
        ("Don't merge to main after 16:00.", &["deploy-window merge must-not freeze=true from=16:00 to=24:00"]),
        ("Never release on a Friday.", &["deploy-window release must-not freeze=true days=fri from=00:00 to=24:00"]),
        ("Do NOT:\n\n- deploy on weekends\n- push broken code", &[WEEKENDS]),
        ("## Never\n\n- deploy on Fridays", &[FRIDAYS]),
        ("Deploys should not happen on Fridays.", &[FRIDAYS]),
        (
            "Prefer not to deploy on Fridays after 15:00.",
            &["deploy-window deploy should freeze=true days=fri from=15:00 to=24:00"],
        ),
        (
            "Prefer no deploys on weekends.",
            &["deploy-window deploy should freeze=true days=sat-sun from=00:00 to=24:00"],
        ),
        ("Ideally, no deploys on Fridays.", &["deploy-window deploy should freeze=true days=fri from=00:00 to=24:00"]),
        (
            "Preferably don't deploy on Fridays.",
            &["deploy-window deploy should freeze=true days=fri from=00:00 to=24:00"],
        ),
        ("Try not to deploy on Fridays.", &["deploy-window deploy should freeze=true days=fri from=00:00 to=24:00"]),
        ("Friday deploys are forbidden.", &[FRIDAYS]),
        ("Deploying on Fridays is not allowed.", &[FRIDAYS]),
        ("| Day | Deploys |\n|---|---|\n| Friday | no deploys after 15:00 |", &[LATE_FRIDAYS]),
        ("Friday = no deploys.", &[FRIDAYS]),
        ("Fridays are no-deploy days.", &[FRIDAYS]),
        (
            "No deploys 11:00-13:00 or 16:00-18:00 on Mondays.",
            &[
                "deploy-window deploy must-not freeze=true days=mon from=11:00 to=13:00",
                "deploy-window deploy must-not freeze=true days=mon from=16:00 to=18:00",
            ],
        ),
        ("| Rule | Detail |\n|---|---|\n| Freeze | Fridays from 15:00 |", &[LATE_FRIDAYS]),
        (
            "No deploys from Friday 15:00 through Monday 09:00.",
            &[LATE_FRIDAYS, WEEKENDS, "deploy-window deploy must-not freeze=true days=mon from=00:00 to=09:00"],
        ),
    ]);
}

#[test]
fn days_and_hours_that_are_open() {
    hold(&[
        ("Deploy on weekdays only.", &["deploy-window deploy must days=mon-fri from=00:00 to=24:00"]),
        ("Weekdays only for production deploys.", &["deploy-window deploy must days=mon-fri from=00:00 to=24:00"]),
        ("Only deploy between 9:00 and 17:00 on weekdays.", &[OFFICE]),
        ("Deploy Monday to Friday, 9 to 17.", &[OFFICE]),
        ("Deploys happen Monday to Friday between 9am and 5pm only.", &[OFFICE]),
        ("Production deploys are only allowed Mon-Fri 09:00-17:00.", &[OFFICE]),
        ("Deployment window: weekdays 9am-5pm", &[OFFICE]),
        ("- **Deploy window**: Mon–Fri, 09:00–17:00", &[OFFICE]),
        ("| Setting | Value |\n|---|---|\n| Deploy window | Mon-Fri 09:00-17:00 |", &[OFFICE]),
        ("## Deploy window\n\nMon-Fri, 09:00-17:00", &[OFFICE]),
        ("Deploys outside Mon-Fri 09:00-17:00 are forbidden.", &[OFFICE]),
        ("Never deploy outside of 9:00-17:00 Mon-Fri.", &[OFFICE]),
        (
            "Deploy during business hours only (9-17 CET, Mon-Fri).",
            &["deploy-window deploy must days=mon-fri from=09:00 to=17:00 timezone=CET"],
        ),
        (
            "Only deploy during business hours (9:00-17:00 Europe/Berlin).",
            &["deploy-window deploy must from=09:00 to=17:00 timezone=Europe/Berlin"],
        ),
        (
            "Deploy only Tuesday to Thursday between 10:00 and 14:00 UTC.",
            &["deploy-window deploy must days=tue-thu from=10:00 to=14:00 timezone=UTC"],
        ),
        ("Deploys must finish before 16:00 UTC.", &["deploy-window deploy must from=00:00 to=16:00 timezone=UTC"]),
        (
            "Prefer to deploy only Monday to Thursday between 09:00 and 16:00.",
            &["deploy-window deploy should days=mon-thu from=09:00 to=16:00"],
        ),
        (
            "Deploys should go out Mon-Thu before 4pm.",
            &["deploy-window deploy should days=mon-thu from=00:00 to=16:00"],
        ),
        ("Prefer deploying in the morning.", &["deploy-window deploy should ?"]),
        ("Schedule deploys on Tuesdays or Thursdays.", &["deploy-window deploy must days=tue,thu from=00:00 to=24:00"]),
        ("Release only on Wednesdays.", &["deploy-window release must days=wed from=00:00 to=24:00"]),
        ("Merge to main only between 08:00 and 12:00.", &["deploy-window merge must from=08:00 to=12:00"]),
        ("Deploy only between 22:00 and 04:00.", &["deploy-window deploy must from=22:00 to=04:00"]),
        ("Deployment is allowed Monday through Friday, 9 AM to 5 PM.", &[OFFICE]),
        ("Deploys are allowed on Fridays.", &[]),
        ("The deploy window is 10:00-12:00 and 14:00-16:00, Monday to Friday.", &["deploy-window deploy must ?"]),
        ("Deploys after 4pm need a second person.", &[]),
        ("The office is open Mon-Fri 9:00-17:00.", &[]),
        ("The nightly deploy ran at 02:00 on Friday.", &[]),
        ("Backups run on Sundays at 03:00.", &[]),
    ]);
}

#[test]
fn freezes() {
    let holidays = "deploy-window deploy must-not freeze=true from=2026-12-20 to=2027-01-03";
    hold(&[
        ("Code freeze from 2026-12-20 through 2027-01-03.", &[holidays]),
        ("## Deploy freeze\n\nDecember 20, 2026 to January 3, 2027", &[holidays]),
        ("## Deploy freeze\n\n- 2026-12-20 – 2027-01-03: no deploys", &[holidays]),
        ("No deploys between 20 Dec 2026 and 3 Jan 2027.", &[holidays]),
        ("No deploys from Dec 20 to Jan 3, 2027.", &[holidays]),
        ("Production is frozen from 2026-12-20 until 2027-01-03.", &[holidays]),
        ("Do not deploy between 2026-12-20 and 2027-01-03, because the shop is busy.", &[holidays]),
        ("- **Holiday freeze**: 2026-12-20 to 2027-01-03", &[holidays]),
        ("| Rule | Dates |\n|---|---|\n| Freeze | 2026-12-20 to 2027-01-03 |", &[holidays]),
        (
            "No deploys from 2026-12-20T18:00:00Z to 2027-01-03T08:00:00Z.",
            &["deploy-window deploy must-not freeze=true from=2026-12-20T18:00:00Z to=2027-01-03T08:00:00Z"],
        ),
        (
            "Deploy freeze: 2026-12-20T18:00:00+01:00 to 2027-01-03T08:00:00+01:00",
            &["deploy-window deploy must-not freeze=true from=2026-12-20T18:00:00+01:00 to=2027-01-03T08:00:00+01:00"],
        ),
        ("No deploys on 2026-12-24.", &["deploy-window deploy must-not freeze=true from=2026-12-24 to=2026-12-24"]),
        ("No deploys between Dec 20 and Jan 3.", &[EVENT]),
        ("| Rule | Value |\n|---|---|\n| Freeze | Dec 20 – Jan 3 |", &[EVENT]),
        ("From 2026-12-20 to 2027-01-03 (end of year), no production deploys.", &[holidays]),
        ("There is a deploy freeze between December 15th and January 2nd.", &[EVENT]),
        ("Don't deploy at month end.", &[EVENT]),
        ("No deploys on the last day of the month.", &[EVENT]),
        ("No deploys during the code freeze.", &[EVENT]),
        ("Never deploy on public holidays.", &[EVENT]),
        ("Don't deploy while an incident is open.", &[EVENT]),
        ("Avoid deploys during peak hours.", &[EVENT]),
        ("Don't deploy late in the day.", &[EVENT]),
        ("No deploys outside business hours.", &[EVENT]),
        ("Never deploy right before you log off.", &[EVENT]),
        ("The model's weights are frozen during training.", &[]),
        ("Freeze the lockfile.", &[]),
    ]);
}
