window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#documents",
    validatorUrl: null, // the page asks nobody but this server
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    requestSnippetsEnabled: true,
  });
});
