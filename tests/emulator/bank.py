"""A table like that of the public bank marketing sample: its 20 columns and label, made up."""

import random

JOBS = ("admin.", "technician", "services", "management", "retired", "student")
MONTHS = ("mar", "may", "jul", "aug", "oct", "nov")
HEADER = (
    "age,job,marital,education,default,housing,loan,contact,month,day_of_week,duration,campaign,pdays,previous,"
    "poutcome,emp.var.rate,cons.price.idx,cons.conf.idx,euribor3m,nr.employed,y"
)


def bank_csv(rows=800):
    chance = random.Random(7)
    return "\n".join([HEADER, *(_row(chance) for _ in range(rows))]) + "\n"


def _row(chance):
    duration, euribor, contacted = (
        chance.randint(5, 1500),
        round(chance.uniform(0.6, 5.1), 3),
        chance.random() < 0.1,
    )
    likely = duration / 1500 + 0.5 * (euribor < 1.5) + 0.6 * contacted + chance.gauss(0, 0.15)
    values = [
        chance.randint(18, 90), chance.choice(JOBS), chance.choice(("married", "single", "divorced")),
        chance.choice(("basic.9y", "high.school", "university.degree")), chance.choice(("no", "unknown")),
        chance.choice(("yes", "no")), chance.choice(("yes", "no")), chance.choice(("cellular", "telephone")),
        chance.choice(MONTHS), chance.choice(("mon", "tue", "wed", "thu", "fri")), duration, chance.randint(1, 9),
        chance.randint(1, 20) if contacted else 999, int(contacted), "success" if contacted else "nonexistent",
        chance.choice((1.4, 1.1, -1.8)), chance.choice((93.994, 92.893)), chance.choice((-36.4, -46.2)), euribor,
        chance.choice((5191.0, 5099.1)), "yes" if likely > 1 else "no",
    ]  # fmt: skip
    return ",".join(map(str, values))
