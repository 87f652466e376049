"use strict";

const note = document.getElementById("note");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function follow() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

/* Requests to the endpoint go through the server of this page, which needs no CORS at the endpoint. */
function throughUs(base) {
  return (request) => {
    if (request.url.startsWith(base)) {
      request.url = `${window.location.origin}/endpoint${request.url.slice(base.length)}`;
    }
    return request;
  };
}

/* The curl command on the page is for copying and for screenshots: the key stays out of it. */
function withoutKey() {
  return {
    wrapComponents: {
      curl: (Original, system) => (properties) => {
        const header = ["headers", "Authorization"];
        const { request } = properties;
        const shown = request.hasIn(header) ? request.setIn(header, "Bearer KEY") : request;
        return system.React.createElement(Original, { ...properties, request: shown });
      },
    },
  };
}

function baseOf(spec) {
  return spec.servers ? spec.servers[0].url : `${spec.schemes[0]}://${spec.host}${spec.basePath}`;
}

async function show() {
  const answer = await fetch("swagger.json");
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  const spec = await answer.json();
  document.title = `${spec.info.title} - Swagger`;
  note.textContent = answer.headers.get("x-page-note") || "";
  window.SwaggerUIBundle({
    spec,
    dom_id: "#swagger",
    deepLinking: false,
    docExpansion: "list",
    tryItOutEnabled: true,
    displayRequestDuration: true,
    validatorUrl: null,
    showMutatedRequest: false,
    plugins: [withoutKey],
    requestInterceptor: throughUs(baseOf(spec).replace(/\/$/, "")),
  });
}

dark.addEventListener("change", follow);
follow();
show().catch((error) => {
  note.textContent = `The document could not be shown: ${error.message}`;
});
