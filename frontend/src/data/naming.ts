// A name for a data set from the name of its file: free, short, without endings.

const ENDINGS = /(\.(csv|tsv|txt|zip|npz|npy|idx|gz|ubyte)|[-.]idx\d(-ubyte)?)+$/i;

export function nameFor(files: readonly { name: string }[], taken: readonly string[]): string {
  const base = (files[0]?.name ?? "").replace(ENDINGS, "").trim().slice(0, 100) || "data";
  if (!taken.includes(base)) return base;
  let number = 2;
  while (taken.includes(`${base} ${number}`)) number += 1;
  return `${base} ${number}`;
}
