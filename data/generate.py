"""Writes the two synthetic samples of this folder: `python data/generate.py [FOLDER]`. Needs numpy only.

Every row is drawn from the parameters below, none is taken from a real file. The parameters are shares and
means that resemble the public files named in README.md; the seeds make the files the same on every run.
"""

import csv
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

T = TypeVar("T")

BANK_ROWS = 8000
BANK_SEED = 2014
BIKE_SEED = 2013
MARITAL = ("divorced", "married", "single", "unknown")
EDUCATION = ("basic.4y", "basic.6y", "basic.9y", "high.school", "illiterate", "professional.course",
             "university.degree", "unknown")  # fmt: skip

# job: share, mean age, age spread, marital shares, education shares, log odds of "yes"
JOBS = {
    "admin.": (25.3, 38, 9, (12, 50, 38, 0.1), (0.7, 1.3, 5, 32, 0.01, 3.4, 55, 2.4), 0.15),
    "blue-collar": (22.3, 39, 9, (8, 72, 20, 0.1), (24, 15, 40, 9, 0.1, 5, 1, 5), -0.5),
    "technician": (16.5, 38, 9, (11, 54, 34, 0.2), (0.8, 1.3, 6, 13, 0.01, 49, 27, 3), 0.0),
    "services": (9.6, 38, 9, (14, 57, 29, 0.2), (3.4, 5.6, 10, 67, 0.01, 5.7, 4.7, 3.7), -0.35),
    "management": (7.1, 42, 9, (11, 72, 17, 0.1), (3.6, 3, 5.7, 10, 0.01, 3, 70, 4), -0.05),
    "retired": (4.2, 62, 10, (20, 74, 6, 0.1), (35, 5, 8.5, 15, 0.1, 14, 17, 5.5), 0.9),
    "entrepreneur": (3.6, 42, 9, (12, 74, 14, 0.2), (10, 5.5, 14, 15, 0.2, 9, 42, 3.5), -0.1),
    "self-employed": (3.5, 40, 9, (9, 63, 27, 0.4), (7, 2, 14, 10, 0.2, 13, 53, 2), -0.05),
    "housemaid": (2.6, 45, 11, (14, 75, 11, 0.4), (45, 8, 8.5, 16, 0.1, 5, 12, 5), -0.05),
    "unemployed": (2.4, 40, 9, (12, 63, 24, 0.6), (11, 3, 18, 25, 0.01, 14, 26, 2), 0.05),
    "student": (2.1, 26, 5, (1, 5, 94, 0.1), (3, 1.5, 11, 41, 0.01, 5, 18, 20), 1.1),
    "unknown": (0.8, 45, 11, (4, 70, 22, 3), (17, 6, 9, 9, 0.01, 4, 14, 40), 0.0),
}
# A call falls into one of these months: share, month, emp.var.rate, cons.price.idx, cons.conf.idx, lowest and
# highest euribor3m, nr.employed, share of cellular, share of earlier contact, log odds of "yes"
PERIODS = (
    (18.8, "may", 1.1, 93.994, -36.4, 4.855, 4.864, 5191.0, 0.0, 0.0, -1.3),
    (16.3, "jul", 1.4, 93.918, -42.7, 4.955, 4.968, 5228.1, 0.85, 0.0, -0.6),
    (14.2, "may", -1.8, 92.893, -46.2, 1.244, 1.354, 5099.1, 0.92, 0.33, 0.1),
    (12.4, "aug", 1.4, 93.444, -36.1, 4.962, 4.970, 5228.1, 0.97, 0.0, -0.7),
    (10.5, "jun", 1.4, 94.465, -41.8, 4.864, 4.967, 5228.1, 0.0, 0.0, -0.9),
    (8.8, "nov", -0.1, 93.2, -42.0, 3.853, 4.733, 5195.8, 0.90, 0.20, -0.7),
    (6.0, "apr", -1.8, 93.075, -47.1, 1.365, 1.498, 5099.1, 0.93, 0.27, 1.0),
    (1.9, "aug", -2.9, 92.201, -31.4, 0.821, 0.884, 5076.2, 0.90, 0.43, 1.9),
    (1.8, "jun", -2.9, 92.963, -40.8, 1.099, 1.286, 5076.2, 0.91, 0.26, 2.1),
    (1.1, "oct", -3.4, 92.431, -26.9, 0.720, 0.754, 5017.5, 0.88, 0.39, 2.2),
    (0.9, "nov", -3.4, 92.649, -30.1, 0.714, 0.722, 5017.5, 0.86, 0.53, 2.5),
    (0.8, "jul", -1.7, 94.215, -40.3, 0.782, 0.899, 4991.6, 0.80, 0.60, 2.8),
    (0.7, "sep", -1.1, 94.199, -37.5, 0.876, 0.886, 4963.6, 0.81, 0.58, 2.5),
    (0.7, "mar", -1.8, 92.843, -50.0, 1.510, 1.811, 5099.1, 0.93, 0.08, 2.6),
    (0.6, "sep", -3.4, 92.379, -29.8, 0.739, 0.819, 5017.5, 0.89, 0.43, 2.2),
    (0.6, "mar", -1.8, 93.369, -34.8, 0.634, 0.655, 5008.7, 0.84, 0.62, 2.8),
    (0.5, "may", -1.8, 93.876, -40.0, 0.668, 0.701, 5008.7, 0.82, 0.64, 2.6),
    (0.5, "oct", -1.1, 94.601, -49.5, 0.942, 1.045, 4963.6, 0.82, 0.64, 2.2),
    (0.4, "dec", -3.0, 92.713, -33.0, 0.700, 0.721, 5023.5, 0.85, 0.53, 2.6),
    (0.4, "jul", -2.9, 92.469, -33.6, 0.899, 1.085, 5076.2, 0.86, 0.24, 1.9),
)
BANK_COLUMNS = (
    "age,job,marital,education,default,housing,loan,contact,month,day_of_week,duration,campaign,pdays,"
    "previous,poutcome,emp.var.rate,cons.price.idx,cons.conf.idx,euribor3m,nr.employed,y"
)
BIKE_COLUMNS = "instant,date,season,yr,mnth,weekday,weathersit,temp,atemp,hum,windspeed,casual,registered,cnt"
INTERCEPT = -4.1
PERIOD_WEIGHT = 1.6
DURATION_SLOPE = 3.2
# Sunday to Saturday
CASUAL_DAYS = (1.75, 0.85, 0.7, 0.68, 0.74, 0.95, 1.9)
REGISTERED_DAYS = (0.8, 1.0, 1.07, 1.08, 1.1, 1.06, 0.86)
CLEAR_MIST_RAIN = (1.0, 0.85, 0.42)


def bank_row(rng: np.random.Generator) -> list[object]:
    """One telephone call of a synthetic marketing campaign."""
    job = pick(rng, tuple(JOBS), [values[0] for values in JOBS.values()])
    _, mean_age, spread, marital_shares, education_shares, job_odds = JOBS[job]
    age = int(np.clip(mean_age + spread * skewed(rng), 17, 95))
    marital = pick(rng, MARITAL, marital_shares)
    education = pick(rng, EDUCATION, education_shares)
    unsure = 0.12 + 0.2 * education.startswith("basic")
    default = pick(rng, ("unknown", "yes", "no"), (unsure, 0.0005, 1 - unsure))
    housing, loan = loans(rng)
    period = pick(rng, PERIODS, [values[0] for values in PERIODS])
    _, month, emp_var, price, confidence, low, high, employed, cellular, earlier, odds = period
    contact = "cellular" if rng.random() < cellular else "telephone"
    day = pick(rng, ("mon", "tue", "wed", "thu", "fri"), (20.6, 19.7, 19.6, 21.1, 19.0))
    duration = int(np.clip(np.exp(5.17 + 0.86 * rng.standard_normal()), 2, 4900))
    campaign = int(min(rng.geometric(0.43 if rng.random() < 0.93 else 0.13), 43))
    pdays, previous, poutcome = history(rng, earlier, odds)
    odds = PERIOD_WEIGHT * odds + INTERCEPT + job_odds + DURATION_SLOPE * np.log(duration / 175)
    odds += {"success": 2.2, "failure": -0.25, "nonexistent": 0.0}[poutcome]
    odds += 0.25 * (contact == "cellular") - 0.6 * (default == "unknown") - 0.05 * min(campaign, 10)
    odds += 0.15 * (education == "university.degree") - 0.1 * (day == "mon") + 0.15 * (age < 25)
    y = "yes" if rng.random() < 1 / (1 + np.exp(-odds)) else "no"
    euribor = round(low + (high - low) * rng.random(), 3)
    return [age, job, marital, education, default, housing, loan, contact, month, day, duration, campaign,
            pdays, previous, poutcome, emp_var, price, confidence, euribor, employed, y]  # fmt: skip


def loans(rng: np.random.Generator) -> tuple[str, str]:
    """Housing and personal loan; not knowing one goes with not knowing the other."""
    if rng.random() < 0.024:
        return "unknown", "unknown"
    return pick(rng, ("yes", "no"), (53.6, 46.4)), pick(rng, ("yes", "no"), (15.5, 84.5))


def history(rng: np.random.Generator, earlier: float, odds: float) -> tuple[int, int, str]:
    """Days since the last contact (999: none or long ago), number of earlier contacts and how they ended."""
    if rng.random() >= earlier:
        return 999, 0, "nonexistent"
    previous = int(min(rng.geometric(0.8), 7))
    if rng.random() < 0.06 + 0.17 * max(odds, 0):
        return int(np.clip(rng.poisson(5.5), 1, 27)), previous + int(rng.random() < 0.35), "success"
    return (int(np.clip(rng.poisson(8), 1, 27)) if rng.random() < 0.03 else 999), previous, "failure"


def pick(rng: np.random.Generator, values: Sequence[T], shares: Sequence[float]) -> T:
    """One of `values`, as likely as its share."""
    steps = np.cumsum(shares)
    return values[int(np.searchsorted(steps, rng.random() * steps[-1], side="right"))]


def skewed(rng: np.random.Generator) -> float:
    """A number of mean 0 and spread 1 with a longer right tail."""
    return (rng.gamma(6) - 6) / np.sqrt(6)


def bike_rows(rng: np.random.Generator) -> list[list[object]]:
    """Two years of days of a synthetic bike rental: growth, a yearly and a weekly pattern, and weather."""
    rows, warmth, mood = [], 0.0, 0.0
    for number in range(731):
        day = date(2011, 1, 1) + timedelta(days=number)
        warmth = 0.75 * warmth + 0.045 * rng.standard_normal()
        mood = 0.6 * mood + 0.08 * rng.standard_normal()
        weather = bike_weather(rng, day, warmth)
        weekday = (day.weekday() + 1) % 7
        casual, registered = riders(number, weekday, weather, mood + 0.05 * rng.standard_normal())
        season = 1 + ((day.month, day.day) >= (3, 21)) + ((day.month, day.day) >= (6, 21))
        season = 1 if (day.month, day.day) >= (12, 21) else season + ((day.month, day.day) >= (9, 23))
        shown = f"{day.month}/{day.day}/{day.year}"
        rows.append([number + 1, shown, season, day.year - 2011, day.month, weekday, *weather, casual,
                     registered, casual + registered])  # fmt: skip
    return rows


def bike_weather(rng: np.random.Generator, day: date, warmth: float) -> list[float]:
    """Weather situation (1 clear, 2 mist, 3 rain), and temperature, felt temperature, humidity, wind in 0..1."""
    yearly = -np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365.25)
    temp = float(np.clip(0.495 + 0.245 * yearly + warmth, 0.06, 0.87))
    hum = float(np.clip(0.62 + 0.02 * yearly + 0.135 * rng.standard_normal(), 0.2, 0.98))
    wind = float(np.clip(0.19 - 0.02 * yearly + 0.07 * (rng.gamma(4) - 4) / 2, 0.02, 0.51))
    gloom = hum + 0.1 * rng.standard_normal()
    situation = 3 if gloom > 0.89 else 2 if gloom > 0.68 else 1
    felt = 0.95 * temp - 0.05 * wind + 0.012 + 0.008 * rng.standard_normal()
    return [situation, *(round(value, 6) for value in (temp, felt, hum, wind))]


def riders(number: int, weekday: int, weather: list[float], mood: float) -> tuple[int, int]:
    """Casual and registered riders of a day."""
    situation, temp, _, hum, wind = weather
    comfort = np.exp(-((temp - 0.68) ** 2) / 0.16) * (1.12 - 0.25 * hum) * (1.1 - 0.6 * wind)
    sky = CLEAR_MIST_RAIN[int(situation) - 1]
    casual = 1150 * (1 + 0.42 * number / 731) * CASUAL_DAYS[weekday] * comfort**1.5 * sky * np.exp(1.6 * mood)
    registered = (
        3600 * (1 + 0.95 * number / 731) * REGISTERED_DAYS[weekday] * comfort**0.8 * sky * np.exp(mood)
    )
    return int(casual) + 2, int(registered) + 20


def write(path: Path, columns: str, rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split(","))
        writer.writerows(rows)


def main(folder: Path) -> None:
    rng = np.random.default_rng(BANK_SEED)
    write(folder / "bank_marketing_sample.csv", BANK_COLUMNS, [bank_row(rng) for _ in range(BANK_ROWS)])
    write(folder / "bike_sharing_sample.csv", BIKE_COLUMNS, bike_rows(np.random.default_rng(BIKE_SEED)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
