"""Every page in both modes and widths: no error, no missing picture, nothing cut off, nothing faint."""

import pytest

from tests.site.conftest import SITE

FILES = [path.relative_to(SITE) for path in sorted(SITE.rglob("*.html"))]
PAGES = [path.as_posix() for path in FILES if not {"_static", "slides"} & set(path.parts)]
DECKS = [path.as_posix() for path in FILES if "slides" in path.parts and path.name[0].isdigit()]
# Asks for every picture, also those that would be loaded later, and returns the ones that do not come.
MISSING_PICTURES = """
const done = arguments[0];
Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.decode().then(() => null, () => image.src);
})).then((missing) => done(missing.filter(Boolean)));
"""
TOO_WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Texts whose contrast with their ground is below 4.5, the least that WCAG 2 asks for. Pictures and what
# scikit-learn draws have their own colours. Colours that still change to those of the mode get there first.
FAINT_TEXTS = """
document.getAnimations().filter((one) => one instanceof CSSTransition).forEach((one) => one.finish());
const channels = (color) => color.match(/[\\d.]+/g).map(Number);
const over = ([r, g, b, alpha = 1], ground) => [r, g, b].map((c, i) => alpha * c + (1 - alpha) * ground[i]);
const luminance = (color) => color.slice(0, 3)
  .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const groundOf = (element) => {
  const color = channels(getComputedStyle(element).backgroundColor);
  return color[3] < 1 ? over(color, groundOf(element.parentElement)) : color;
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = new Set();
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  const element = text.parentElement;
  if (!text.data.trim() || !element.checkVisibility()) continue;
  if (element.closest("svg, noscript, [class*=sk-]")) continue;
  const ground = groundOf(element);
  const [high, low] = [luminance(over(channels(getComputedStyle(element).color), ground)), luminance(ground)]
    .sort((a, b) => b - a);
  if ((high + 0.05) / (low + 0.05) < 4.5) faint.add(text.data.trim());
}
return [...faint];
"""
# What is cut off at its side, and is not made to be scrolled.
CUT_OFF = """
const scrolled = ["pre", "svg", ".math", ".MathJax", ".run-figure", ".run-html", ".rendered_html",
  ".pst-scrollable-table-container", "[class*=sk-]"];
return [...document.querySelectorAll("main *")].filter((element) =>
  element.clientWidth && element.scrollWidth > element.clientWidth + 1
  && !["inline", "contents"].includes(getComputedStyle(element).display)
  && getComputedStyle(element).overflowX !== "visible"
  && !element.matches(".visually-hidden, .ellipsis") && !element.closest(scrolled.join())
).map((element) => element.textContent.trim().slice(0, 40));
"""
# Slides that are taller than the screen, once formulas and pictures are there.
TOO_TALL = """
const done = arguments[0], slides = Reveal.getSlides();
const ready = [...document.images].map((image) => image.decode());
Promise.all([MathJax.startup.promise, ...ready]).then(() => done(
  slides.filter((slide) => {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    return slide.scrollHeight > Reveal.getConfig().height;
  }).map((slide) => slide.textContent.trim().slice(0, 40))
));
"""
# Questions whose answer does not appear below them.
UNANSWERED = """
return [...document.querySelectorAll(".slides section > p > strong:first-child")].filter((bold) =>
  /^(Predict first|先猜一猜)/.test(bold.textContent)
  && !bold.closest("section").querySelector("p ~ .fragment:has(pre, img, svg, table)")
).map((bold) => bold.closest("section").textContent.trim().slice(0, 40));
"""


# Readers commit to an answer before they see what happens.
COMMIT = "document.querySelectorAll('form.predict button').forEach((button) => button.click())"


def test_the_site_is_built():
    assert len(PAGES) > 50, "Build the site first: nox -s docs"
    assert len(DECKS) == 24


@pytest.mark.parametrize("page", PAGES)
def test_page(page, browser):
    faults = []
    for mode in ("light", "dark"):
        browser.open(page, mode)
        browser.run(COMMIT)
        shown = browser.run("return document.documentElement.dataset.theme")
        faults += [f"{mode} shows {shown}"] if shown != mode else []
        faults += [f"{mode}: hard to read: {text}" for text in browser.run(FAINT_TEXTS)]
        for width in (1280, 390):
            browser.resize(width)
            excess = browser.run(TOO_WIDE)
            faults += [f"{mode}: {excess} px wider than a screen of {width}"] if excess > 0 else []
            faults += [f"{mode}: cut off on a screen of {width}: {text}" for text in browser.run(CUT_OFF)]
        faults += [f"{mode}: no picture {source}" for source in browser.run_async(MISSING_PICTURES)]
        faults += [f"{mode}: {error}" for error in browser.errors()]
    assert not faults


@pytest.mark.parametrize("page", [page for page in PAGES if "tutorial/" in page])
def test_what_happens_is_seen_only_after_a_prediction(page, browser):
    browser.open(page)
    words = browser.read("main p > strong:first-child")
    n_questions = sum(word.startswith(("Predict first", "先猜一猜")) for word in words)
    answers = "form.predict + div > :first-child", "element.checkVisibility()"
    assert browser.read(*answers) == [False] * n_questions
    browser.run(COMMIT)
    assert browser.read(*answers) == [True] * n_questions


@pytest.mark.parametrize("page", DECKS)
def test_slides(page, browser):
    browser.open(page)
    assert len(browser.read(".slides section")) > 5
    assert browser.run_async(TOO_TALL) == []
    assert browser.run(UNANSWERED) == []
    assert not browser.errors()


@pytest.mark.parametrize("page", [page for page in DECKS if page.endswith("12-clinic.html")])
def test_slides_of_the_clinic_end_with_what_was_wrong(page, browser):
    browser.open(page)
    assert len(browser.read(".slides .fragment pre")) == 7  # of six patients, and the misread digits


ENGLISH = "gradient learning_rate stopping missing callback grid regression diagnose sparse dropout"
CHINESE = "梯度 权重 隐藏层 激活函数 向量化 梯度消失 随机初始化 学习率 矩阵 偏置"
WORDS = [("search.html", word) for word in ENGLISH.split()]
WORDS += [("zh/search.html", word) for word in CHINESE.split()]


@pytest.mark.parametrize(("page", "word"), WORDS)
def test_search_finds(page, word, browser):
    browser.open(f"{page}?q={word}")
    assert browser.wait_until("document.querySelectorAll('#search-results li').length") > 0
    assert not browser.errors()


FIRST = {
    "tune hyperparameters": "guide/many_networks",
    "leakage": "guide/first_hour",
    "groups": "guide/groups",
    "time series": "guide/groups",
    "free text": "guide/tables",
    "unseen categories": "guide/tables",
    "tune alpha": "guide/training",
    "save model": "guide/saving",
    "own loss": "faq",
    "prediction interval": "guide/regression",
    "class imbalance": "guide/data",
    "explain": "guide/inside",
    "feature importance": "guide/inside",
    "deploy": "guide/deploy",
    "docker": "guide/deploy",
    "泄漏": "zh/guide/first_hour",
    "预测区间": "zh/guide/regression",
}


@pytest.mark.parametrize("words", FIRST)
def test_search_shows_the_page_about_it_first(words, browser):
    site = "zh/" if FIRST[words].startswith("zh/") else ""
    browser.open(f"{site}search.html?q={words}")
    assert browser.wait_until("document.querySelectorAll('#search-results li').length > 0")
    (first, *_) = browser.read("#search-results li > a", "element.pathname")
    assert first.endswith(f"/{FIRST[words]}.html")
    assert not browser.errors()
