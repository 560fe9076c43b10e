export interface Toast {
  id: number;
  text: string;
  kind: 'good' | 'bad';
}

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  show(text: string, kind: Toast['kind'] = 'good'): void {
    const id = this.#next++;
    this.list.push({ id, text, kind });
    setTimeout(() => this.close(id), kind === 'bad' ? 10_000 : 5_000);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
