// Starts the query editor. The token comes in the link's fragment, which no server sees, and stays in this tab only.
"use strict";
const KEY = "swarmgraph-token";
const found = new URLSearchParams(location.hash.slice(1)).get("token");
if (found) {
  sessionStorage.setItem(KEY, found);
  history.replaceState(null, "", location.pathname + location.search);
}
const DEFAULT_QUERY = `# Ctrl-Enter runs the query; the book at the left tells what can be asked.
{
  organization { name synthetic counts { people skills tasks swarms } }
  people(first: 5) { totalCount edges { node { id name city } } }
}
`;

async function ask(question, options) {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
      ...(options && options.headers),
      authorization: `Bearer ${sessionStorage.getItem(KEY) || ""}`,
    },
    body: JSON.stringify(question),
  });
  return answer.json();
}

const root = ReactDOM.createRoot(document.getElementById("editor"));
root.render(React.createElement(GraphiQL, { fetcher: ask, defaultQuery: DEFAULT_QUERY, defaultEditorToolsVisibility: true }));
