"use strict";

/* One labelled control for one input of the schema: how it looks, and which value stands in it. */

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function kindOf(schema) {
  const kinds = [].concat(schema.type || "string");
  return { kind: kinds.find((kind) => kind !== "null"), nullable: kinds.includes("null") };
}

function shown(limit) {
  return Number.isFinite(limit) && !Number.isInteger(limit) ? Number(limit.toPrecision(9)) : limit;
}

function hintOf(schema, nullable) {
  const parts = [];
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    parts.push(`${shown(schema.minimum)} to ${shown(schema.maximum)}`);
  }
  if (nullable) {
    parts.push("may be empty");
  }
  return parts.join(", ");
}

function select(values, nullable) {
  const control = element("select");
  if (nullable) {
    control.append(element("option", { value: "", textContent: "(empty)" }));
  }
  values.forEach((value, index) => {
    control.append(element("option", { value: String(index), textContent: String(value) }));
  });
  return {
    control,
    read: () => (control.value === "" ? null : values[Number(control.value)]),
    write: (value) => {
      const index = values.indexOf(value);
      control.value = index < 0 ? "" : String(index);
    },
  };
}

function number(schema, kind) {
  const control = element("input", { type: "number", step: kind === "integer" ? "1" : "any" });
  return {
    control,
    read: () => (control.value === "" ? null : Number(control.value)),
    write: (value) => {
      control.value = value === null ? "" : String(value);
    },
    isOutside: () =>
      control.value !== "" &&
      (Number(control.value) < schema.minimum || Number(control.value) > schema.maximum),
  };
}

/* A date keeps the form that the example has, for the service may read no other. */
function date(example) {
  const text = typeof example === "string" ? example : "";
  const hasTime = /^\d{4}-\d{2}-\d{2}T/.test(text);
  const isIso = hasTime || /^\d{4}-\d{2}-\d{2}$/.test(text);
  const control = element("input", { type: isIso ? (hasTime ? "datetime-local" : "date") : "text" });
  if (hasTime) {
    control.step = "1";
  }
  return {
    control,
    read: () => (control.value === "" ? null : control.value),
    write: (value) => {
      control.value = value === null ? "" : String(value);
    },
  };
}

function plain() {
  const control = element("input", { type: "text", spellcheck: false });
  return {
    control,
    read: () => (control.value === "" ? null : control.value),
    write: (value) => {
      control.value = value === null ? "" : String(value);
    },
  };
}

function controlFor(schema, kind, nullable, example) {
  if (schema.enum) {
    return select(schema.enum.filter((value) => value !== null), nullable);
  }
  if (kind === "boolean") {
    return select([true, false], nullable);
  }
  if (kind === "integer" || kind === "number") {
    return number(schema, kind);
  }
  return schema.format === "date-time" ? date(example) : plain();
}

function makeField(name, schema, example, index) {
  const { kind, nullable } = kindOf(schema);
  const field = controlFor(schema, kind, nullable, example);
  const id = `field-${index}`;
  field.name = name;
  field.control.id = id;
  field.control.required = !nullable;
  const hint = element("p", { className: "hint", id: `${id}-hint`, textContent: hintOf(schema, nullable) });
  const usual = hint.textContent;
  field.control.setAttribute("aria-describedby", hint.id);
  field.check = () => {
    const outside = field.isOutside !== undefined && field.isOutside();
    hint.textContent = outside ? `the model was trained on ${usual}` : usual;
    hint.classList.toggle("outside", outside);
  };
  field.control.addEventListener("input", field.check);
  field.box = element("div", { className: "field" }, element("label", { htmlFor: id, textContent: name }),
    field.control, hint);
  return field;
}
