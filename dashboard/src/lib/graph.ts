/** A definition's steps as rows: what stands within what, for a graph that is read from top to bottom. */

export interface Node {
  id: string;
  type: string;
  depth: number;
  /** Such as `then`, `else`, `branch 2`. */
  branch: string;
  about: string;
}

type Step = Record<string, any>;

function about(step: Step): string {
  switch (step.type) {
    case 'ai_completion':
      return step.model ?? '';
    case 'skill':
      return [step.skill, step.command].filter(Boolean).join(' · ');
    case 'http':
      return `${step.method ?? 'GET'} ${step.url ?? ''}`;
    case 'condition':
      return String(step.if ?? '');
    case 'foreach':
      return `each of ${typeof step.items === 'string' ? step.items : 'a list'}`;
    case 'wait':
      return step.event ? `for ${step.event}` : step.seconds ? `${step.seconds} s` : `until ${step.until ?? ''}`;
    default:
      return '';
  }
}

export function nodes(steps: unknown, depth = 0, branch = '', counter = { next: 1 }): Node[] {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: Step) => {
    const own: Node = { id: step.id ?? `step_${counter.next}`, type: step.type ?? 'unknown', depth, branch, about: about(step) };
    counter.next += 1;
    const inside = [
      ...nodes(step.then, depth + 1, 'then', counter),
      ...nodes(step.else, depth + 1, 'else', counter),
      ...(Array.isArray(step.branches) ? step.branches.flatMap((one: any, at: number) => nodes(Array.isArray(one) ? one : one?.steps, depth + 1, `branch ${at + 1}`, counter)) : []),
      ...(step.type === 'foreach' ? nodes(step.steps, depth + 1, 'each', counter) : []),
    ];
    return [own, ...inside];
  });
}
