import * as vscode from 'vscode';

/** One answer to a question. */
export interface Answer<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** A question with its answers. */
export interface Question<T> {
  readonly placeholder: string;
  readonly answers: readonly Answer<T>[];
}

/** Asks a question; undefined when the list was closed. */
export type Ask = <T>(question: Question<T>) => Promise<T | undefined>;

/** The answer to a question that has no other one. */
export const onlyAnswer = <T>({ answers }: Question<T>): T | undefined => (answers.length === 1 ? answers[0]?.value : undefined);

/**
 * Lets questions be asked in one list, which stays open from one to the next. A list that closes gives the keyboard back to what had it
 * before; there the key that answered is let go, and a walkthrough step takes that as a press and the keyboard from the next list.
 */
export async function askInTurn<R>(questions: (ask: Ask) => Promise<R>): Promise<R> {
  const list = vscode.window.createQuickPick<Answer<unknown>>();
  list.matchOnDescription = true;
  const closed = new Promise<undefined>((resolve) => list.onDidHide(() => resolve(undefined)));
  const ask = async <T>({ placeholder, answers }: Question<T>): Promise<T | undefined> => {
    Object.assign(list, { placeholder, value: '', items: answers, busy: false });
    list.show();
    const accepted = new Promise<T>((resolve) => {
      const subscription = list.onDidAccept(() => {
        const chosen = answers.find((answer) => answer === list.selectedItems[0]);
        if (!chosen) return;
        subscription.dispose();
        list.busy = true;
        resolve(chosen.value);
      });
    });
    return Promise.race([accepted, closed]);
  };
  try {
    return await questions(ask);
  } finally {
    list.dispose();
  }
}
