/** A list without the rows that cannot be read: a damaged one must not hide the others. Asked for by its id it says so. */
export function readable<Row, T>(rows: readonly Row[], read: (row: Row) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch {
      return [];
    }
  });
}
