/* The reference of the API, drawn from its OpenAPI description. */

const place = document.getElementById("reference");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapi,
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false,
  syntaxHighlight: false, // it writes style attributes, which the site's policy forbids
  tryItOutEnabled: true,
  validatorUrl: null,
});
