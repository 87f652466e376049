"use strict";

/* The form of a service: made of its OpenAPI document, filled with its own example, sent to its own /score. */

const at = (id) => document.getElementById(id);
const page = { fields: [], row: {}, classes: [], probabilities: false, text: null };

function schemas(spec) {
  return spec.components.schemas;
}

function requestExamples(spec) {
  return spec.paths["/score"].post.requestBody.content["application/json"].examples || {};
}

function describe(spec) {
  document.title = `${spec.info.title} - score`;
  at("title").textContent = spec.info.title;
  at("key-row").hidden = !spec.paths["/score"].post.security;
  const content = schemas(spec).ServiceOutput.contentSchema;
  page.classes = (content && content.properties.result && content.properties.result.items.enum) || [];
  page.probabilities = "predict_proba" in requestExamples(spec);
}

function build(spec) {
  const input = schemas(spec).ServiceInput;
  const rows = input.properties && input.properties.data && input.properties.data.items;
  if (rows && rows.properties && input.examples) {
    page.row = input.examples[0].data[0];
    page.fields = Object.entries(rows.properties).map(([name, schema], index) =>
      makeField(name, schema, page.row[name], index));
    at("fields").append(...page.fields.map((field) => field.box));
    at("about").textContent = `${page.fields.length} inputs, filled with a true row to start from.`;
  } else {
    buildText(input);
  }
  fill();
}

/* A script of the user's own says at most what its payload may look like. */
function buildText(input) {
  page.text = element("textarea", { id: "payload", rows: 12, spellcheck: false });
  page.example = JSON.stringify(input.example || {}, null, 2);
  at("legend").textContent = "Payload";
  at("fields").className = "one";
  at("fields").append(element("label", { htmlFor: "payload", textContent: "JSON" }), page.text);
  at("about").textContent = "The scoring script of this service is its author's own: it takes JSON.";
}

function fill() {
  if (page.text) {
    page.text.value = page.example;
    return;
  }
  for (const field of page.fields) {
    field.write(page.row[field.name] === undefined ? null : page.row[field.name]);
    field.check();
  }
}

function payload() {
  if (page.text) {
    return page.text.value;
  }
  const row = Object.fromEntries(page.fields.map((field) => [field.name, field.read()]));
  const data = { data: [row] };
  return JSON.stringify(page.probabilities
    ? { Inputs: data, GlobalParameters: { method: "predict_proba" } } : data, null, 2);
}

async function send(body) {
  const headers = { "Content-Type": "application/json" };
  const key = at("key").value.trim();
  if (key) {
    headers.Authorization = `Bearer ${key}`;
  }
  const started = performance.now();
  const answer = await fetch("score", { method: "POST", headers, body });
  const content = await answer.blob();
  const milliseconds = performance.now() - started;
  const picture = content.type.startsWith("image/") ? await dataUrl(content) : null;
  const text = picture ? `${content.type}, ${content.size} bytes` : await content.text();
  return { answer, text, picture, milliseconds };
}

function dataUrl(content) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(content);
  });
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function decoded(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "string" ? JSON.parse(value) : value;
  } catch {
    return text;
  }
}

function show(...children) {
  at("result").replaceChildren(...children);
  at("result").scrollIntoView({ block: "nearest" });
}

function showError(status, value) {
  const message = value && value.message ? value.message : String(value || "there was no answer");
  const list = element("ul");
  const problems = (value && value.error && value.error.problems) || [];
  list.append(...problems.map((problem) => element("li", { textContent: problem.message })));
  const box = element("div", { className: "error" },
    element("h2", { textContent: status === 401 ? "The key is missing or wrong" : "Not scored" }),
    element("p", { textContent: status === 401 ? "Type a key of this service above." : message }));
  box.append(...(problems.length > 1 ? [list] : []));
  show(box);
  if (status === 401) {
    at("key").focus();
  }
}

function shares(values) {
  const table = element("table");
  table.append(element("caption", { textContent: "Probability of each class" }));
  const order = values.map((value, index) => [value, page.classes[index]]).sort((a, b) => b[0] - a[0]);
  for (const [value, name] of order) {
    const meter = element("meter", { min: 0, max: 1, value });
    meter.setAttribute("aria-hidden", "true");
    table.append(element("tr", {}, element("th", { scope: "row", textContent: String(name) }),
      element("td", { className: "bar" }, meter),
      element("td", { className: "share", textContent: `${(value * 100).toFixed(1)} %` })));
  }
  return table;
}

function showAnswer(value, took, picture) {
  const found = value && (value.Results || value.result || value.forecast);
  const time = element("p", { className: "hint", textContent: took });
  if (picture) {
    show(element("h2", { textContent: "Answer" }), element("img", { src: picture, alt: value }), time);
    return;
  }
  if (!Array.isArray(found) || found.length !== 1) {
    show(element("h2", { textContent: "Answer" }),
      element("pre", { textContent: written(value) }), time);
    return;
  }
  const first = found[0];
  const isShares = Array.isArray(first);
  const best = isShares ? page.classes[first.indexOf(Math.max(...first))] : first;
  show(element("h2", { textContent: "Prediction" }),
    element("output", { className: "prediction", textContent: String(best) }),
    ...(isShares ? [shares(first)] : []), time);
}

async function score(event) {
  event.preventDefault();
  const button = at("form").querySelector("[type=submit]");
  const body = payload();
  button.disabled = true;
  try {
    const { answer, text, picture, milliseconds } = await send(body);
    const value = decoded(text);
    const model = answer.headers.get("x-ms-run-fn-exec-ms");
    const took = `${milliseconds.toFixed(1)} ms${model ? `, ${Number(model).toFixed(2)} ms of them the model` : ""}`;
    at("sent").textContent = body;
    at("received").textContent = written(value);
    at("raw").hidden = false;
    if (answer.ok) {
      showAnswer(value, took, picture);
    } else {
      showError(answer.status, value);
    }
  } catch (error) {
    showError(0, { message: `The service did not answer: ${error.message}` });
  } finally {
    button.disabled = false;
  }
}

async function start() {
  const answer = await fetch("swagger.json?version=3.1");
  if (!answer.ok) {
    throw new Error(`the schema could not be read (${answer.status})`);
  }
  const spec = await answer.json();
  describe(spec);
  build(spec);
  at("form").addEventListener("submit", score);
  at("example").addEventListener("click", fill);
}

start().catch((error) => showError(0, { message: error.message }));
