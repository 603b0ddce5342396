/**
 * A piece of advice as a patch: its edits as `patch` and `git apply` read them, what is no edit of a file as comments.
 */
import type { Advice, AdvisedEdit, AdviceStep } from '../../../explain/advice/advise.js'
import { escapeTerminal } from '../../../text/escape.js'

/** Whether anything of it is an edit of a file. */
export function hasPatch({ steps }: Pick<Advice, 'steps'>): boolean {
  return steps.some(({ edit }) => edit?.kind === 'file' || edit?.kind === 'newFile')
}

/** Ends in a line feed. */
export function patchText({ steps }: Pick<Advice, 'steps'>): string {
  return steps.map(stepText).join('')
}

function stepText({ sentence, caution, edit }: AdviceStep): string {
  const said = [sentence, ...(caution === null ? [] : [caution])].map((line) => `# ${escapeTerminal(line)}\n`).join('')
  return `${said}${edit === null ? '' : editText(edit)}`
}

function editText(edit: AdvisedEdit): string {
  switch (edit.kind) {
    case 'file':
      return withEnd(edit.diff)
    case 'newFile': {
      const lines = edit.text.replace(/\n$/, '').split('\n')
      const head = `--- /dev/null\n+++ b/${NEW_POLICY}\n@@ -0,0 +1,${lines.length} @@\n`
      return `${head}${lines.map((line) => `+${line}\n`).join('')}`
    }
    case 'command':
      return `# ${escapeTerminal(edit.command)}\n`
  }
}

const NEW_POLICY = 'new-identity-policy.json'

function withEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
