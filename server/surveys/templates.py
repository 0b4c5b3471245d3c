"""Surveys to begin with, in three languages (data)."""

from __future__ import annotations

from dataclasses import dataclass

from server.surveys.model import CONTACT, Branch, Contact, Content, Kind, Option, Question, Text

LOCALES = ("en", "ru", "ro")


@dataclass(frozen=True, slots=True)
class Template:
    name: Text
    content: Content


def _t(en: str, ru: str, ro: str) -> Text:
    return {"en": en, "ru": ru, "ro": ro}


_THANKS = _t(
    "Thank you. Your answer helps us to get better.",
    "Спасибо. Ваш ответ поможет нам стать лучше.",
    "Mulțumim. Răspunsul dumneavoastră ne ajută să devenim mai buni.",
)
_CONSENT = _t(
    "I agree that my contact is kept so that you can answer me.",
    "Я согласен, чтобы вы сохранили мой контакт и ответили мне.",
    "Sunt de acord să păstrați datele mele de contact ca să-mi puteți răspunde.",
)
_OTHER = Option("other", _t("Something else", "Другое", "Altceva"), free_text=True)

_BLANK = Content(
    LOCALES,
    (
        Question(
            "q1",
            Kind.ONE,
            {},
            options=(Option("a", {}), Option("b", {})),
        ),
    ),
    None,
    _THANKS,
)

_EXIT = Content(
    LOCALES,
    (
        Question(
            "reason",
            Kind.ONE,
            _t("What stopped you today?", "Что вас сегодня остановило?", "Ce v-a oprit astăzi?"),
            options=(
                Option("price", _t("The price", "Цена", "Prețul")),
                Option("choice", _t("I did not find what I need", "Не нашлось нужного", "Nu am găsit ce îmi trebuie")),
                Option("delivery", _t("Delivery or payment", "Доставка или оплата", "Livrarea sau plata")),
                Option("looking", _t("I am only looking", "Я просто смотрю", "Doar mă uit")),
                _OTHER,
            ),
            branches=(
                Branch("fair_price", option_id="price"),
                Branch("missing", option_id="choice"),
                Branch(CONTACT, option_id="looking"),
            ),
            next="better",
        ),
        Question(
            "fair_price",
            Kind.TEXT,
            _t(
                "Which price would have been right for you?",
                "Какая цена вас бы устроила?",
                "Ce preț ar fi fost potrivit pentru dumneavoastră?",
            ),
            next=CONTACT,
        ),
        Question(
            "missing",
            Kind.TEXT,
            _t("What were you looking for?", "Что вы искали?", "Ce căutați?"),
            next=CONTACT,
        ),
        Question(
            "better",
            Kind.TEXT,
            _t(
                "What should we do better?",
                "Что нам сделать лучше?",
                "Ce ar trebui să facem mai bine?",
            ),
            next=CONTACT,
        ),
    ),
    Contact(
        "either",
        _t(
            "May we answer you? Leave an e-mail or a phone.",
            "Можно вам ответить? Оставьте почту или телефон.",
            "Vă putem răspunde? Lăsați un e-mail sau un telefon.",
        ),
        _CONSENT,
    ),
    _THANKS,
)

_NPS = Content(
    LOCALES,
    (
        Question(
            "score",
            Kind.NPS,
            _t(
                "How likely are you to recommend us to a friend?",
                "Насколько вероятно, что вы порекомендуете нас друзьям?",
                "Cât de probabil este să ne recomandați unui prieten?",
            ),
            required=True,
            branches=(Branch("bad", from_score=0, to_score=6), Branch("good", from_score=9, to_score=10)),
            next="change",
        ),
        Question(
            "bad",
            Kind.TEXT,
            _t("What went wrong?", "Что пошло не так?", "Ce nu a mers bine?"),
            next=CONTACT,
        ),
        Question(
            "change",
            Kind.TEXT,
            _t(
                "What would make it a ten?",
                "Чего не хватило до десятки?",
                "Ce a lipsit până la nota zece?",
            ),
            next=CONTACT,
        ),
        Question(
            "good",
            Kind.TEXT,
            _t("What did you like most?", "Что понравилось больше всего?", "Ce v-a plăcut cel mai mult?"),
            next=CONTACT,
        ),
    ),
    Contact(
        "email",
        _t(
            "Leave an e-mail if you would like an answer.",
            "Оставьте почту, если хотите получить ответ.",
            "Lăsați un e-mail dacă doriți un răspuns.",
        ),
        _CONSENT,
    ),
    _THANKS,
)

_FEEDBACK = Content(
    LOCALES,
    (
        Question(
            "about",
            Kind.MANY,
            _t("What is it about?", "О чём вы хотите сказать?", "Despre ce este vorba?"),
            required=True,
            options=(
                Option("site", _t("The website", "Сайт", "Site-ul")),
                Option("product", _t("A product", "Товар", "Un produs")),
                Option("service", _t("The service", "Обслуживание", "Deservirea")),
                Option("delivery", _t("The delivery", "Доставка", "Livrarea")),
                _OTHER,
            ),
        ),
        Question(
            "story",
            Kind.TEXT,
            _t(
                "Tell us what happened. A person reads this.",
                "Расскажите, что случилось. Это прочитает человек.",
                "Povestiți-ne ce s-a întâmplat. Un om va citi.",
            ),
            required=True,
        ),
    ),
    Contact(
        "either",
        _t(
            "How can we reach you?",
            "Как с вами связаться?",
            "Cum vă putem contacta?",
        ),
        _CONSENT,
    ),
    _t(
        "Thank you. We will look into it.",
        "Спасибо. Мы разберёмся.",
        "Mulțumim. Vom verifica.",
    ),
)

TEMPLATES: dict[str, Template] = {
    "exit": Template(_t("Before they leave", "Перед уходом", "Înainte de plecare"), _EXIT),
    "nps": Template(_t("Would they recommend us", "Порекомендуют ли нас", "Ne-ar recomanda"), _NPS),
    "feedback": Template(_t("Complaints and ideas", "Жалобы и идеи", "Reclamații și idei"), _FEEDBACK),
    "blank": Template(_t("Empty", "Пустой", "Gol"), _BLANK),
}
