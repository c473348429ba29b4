// Find knowledge items by words of their title and body. The analyzer takes each Chinese character as a word, so that a
// run of them is found wherever it stands, one alone too, and English words by their stems.
CREATE FULLTEXT INDEX knowledge_text IF NOT EXISTS FOR (item:Knowledge) ON EACH [item.title, item.body]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english', `fulltext.eventually_consistent`: false}};
