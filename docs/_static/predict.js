// "Predict first": what follows the question appears once the reader has committed to an answer.
const words = document.documentElement.lang.startsWith("zh")
  ? { question: "先猜一猜", guess: "我猜：", show: "看结果" }
  : { question: "Predict first", guess: "My guess:", show: "Show what happens" };

for (const bold of document.querySelectorAll("main p > strong:first-child")) {
  if (bold.textContent.startsWith(words.question)) ask(bold.parentElement);
}

function ask(question) {
  const answer = document.createElement("div");
  while (question.nextElementSibling && question.nextElementSibling.tagName !== "SECTION") {
    answer.append(question.nextElementSibling);
  }
  answer.hidden = "until-found"; // a search in the page finds it
  const form = document.createElement("form");
  form.className = "predict";
  form.innerHTML = `<label>${words.guess} <input autocomplete="off"></label> <button>${words.show}</button>`;
  const show = () => {
    answer.hidden = false;
    form.querySelector("button").hidden = true;
    form.querySelector("input").readOnly = true;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  answer.addEventListener("beforematch", show);
  question.after(form, answer);
}
