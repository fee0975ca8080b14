/** Whether a text may be given to git as a revision: no option, no path, nothing that would be split. */
export function validRevision(text: string): boolean {
  return /^[^\s:\p{Cc}-][^\s:\p{Cc}]{0,199}$/u.test(text);
}
