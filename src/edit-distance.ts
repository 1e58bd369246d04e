// Computes the Levenshtein distance: the number of letters to insert, remove or replace to change one word into
// another.
export function editDistance(word: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= word.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (before[column - 1] ?? 0) + (word[row - 1] === other[column - 1] ? 0 : 1);
      const removed = (before[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, inserted));
    }
    before = current;
  }
  return before[other.length] ?? 0;
}
