/** The pages there are: their names, who sees them, and how each is loaded when it is wanted. */

import Activity from '@lucide/svelte/icons/activity';
import Blocks from '@lucide/svelte/icons/blocks';
import Box from '@lucide/svelte/icons/box';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import FileText from '@lucide/svelte/icons/file-text';
import KeyRound from '@lucide/svelte/icons/key-round';
import List from '@lucide/svelte/icons/list';
import History from '@lucide/svelte/icons/history';
import Plug from '@lucide/svelte/icons/plug';
import Server from '@lucide/svelte/icons/server';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Settings from '@lucide/svelte/icons/settings';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import SquareTerminal from '@lucide/svelte/icons/square-terminal';
import Users from '@lucide/svelte/icons/users';
import Webhook from '@lucide/svelte/icons/webhook';
import Workflow from '@lucide/svelte/icons/workflow';
import type { Component } from 'svelte';
import { session } from './session.svelte.ts';
import type { Scope } from './types.ts';

export interface PageInfo {
  id: string;
  label: string;
  group: '' | 'Observe' | 'Build' | 'Account' | 'Operate';
  icon: Component<any>;
  /** The letter after `g`. */
  letter: string;
  /** The scope that it needs; the operator's pages have `operator`. */
  needs: Scope | 'operator' | null;
  load: () => Promise<{ default: Component<any> }>;
}

export const PAGES: PageInfo[] = [
  { id: 'overview', label: 'Overview', group: '', icon: Activity, letter: 'o', needs: 'analytics', load: () => import('../pages/Overview.svelte') },
  { id: 'playground', label: 'Playground', group: '', icon: SquareTerminal, letter: 'p', needs: 'chat', load: () => import('../pages/Playground.svelte') },
  { id: 'usage', label: 'Usage', group: 'Observe', icon: ChartColumn, letter: 'u', needs: 'analytics', load: () => import('../pages/Usage.svelte') },
  { id: 'logs', label: 'Logs', group: 'Observe', icon: List, letter: 'l', needs: 'analytics', load: () => import('../pages/Logs.svelte') },
  { id: 'models', label: 'Models', group: 'Build', icon: Box, letter: 'm', needs: 'models', load: () => import('../pages/Models.svelte') },
  { id: 'skills', label: 'Skills', group: 'Build', icon: Blocks, letter: 's', needs: 'skills', load: () => import('../pages/Skills.svelte') },
  { id: 'workflows', label: 'Workflows', group: 'Build', icon: Workflow, letter: 'w', needs: 'workflows', load: () => import('../pages/Workflows.svelte') },
  { id: 'files', label: 'Files', group: 'Build', icon: FileText, letter: 'f', needs: 'files', load: () => import('../pages/Files.svelte') },
  { id: 'webhooks', label: 'Webhooks', group: 'Build', icon: Webhook, letter: 'h', needs: 'webhooks', load: () => import('../pages/Webhooks.svelte') },
  { id: 'keys', label: 'Keys', group: 'Account', icon: KeyRound, letter: 'k', needs: 'admin', load: () => import('../pages/Keys.svelte') },
  { id: 'guardrails', label: 'Guardrails', group: 'Account', icon: ShieldCheck, letter: 'e', needs: 'admin', load: () => import('../pages/Guardrails.svelte') },
  { id: 'connect', label: 'Connect', group: 'Account', icon: Plug, letter: 'c', needs: null, load: () => import('../pages/Connect.svelte') },
  { id: 'accounts', label: 'Accounts', group: 'Operate', icon: Users, letter: 'a', needs: 'operator', load: () => import('../pages/Accounts.svelte') },
  { id: 'providers', label: 'Providers', group: 'Operate', icon: Server, letter: 'r', needs: 'operator', load: () => import('../pages/Providers.svelte') },
  { id: 'configuration', label: 'Configuration', group: 'Operate', icon: SlidersHorizontal, letter: 'n', needs: 'operator', load: () => import('../pages/Configuration.svelte') },
  { id: 'audit', label: 'Audit log', group: 'Operate', icon: History, letter: 'd', needs: 'operator', load: () => import('../pages/Audit.svelte') },
  { id: 'settings', label: 'Settings', group: 'Account', icon: Settings, letter: 't', needs: null, load: () => import('../pages/Settings.svelte') },
];

/** What a page leads to, and has no link of its own in the navigation. */
export const INNER: PageInfo[] = [
  { id: 'runs', label: 'Run', group: 'Build', icon: Workflow, letter: '', needs: 'workflows', load: () => import('../pages/Run.svelte') },
];

/** What the operator sees beside the operator's own pages: what belongs to no account. */
const COMMON = ['models', 'guardrails', 'settings'];

/** Those that the session may open; what it may not is absent. */
export function allowed(): PageInfo[] {
  if (session.isOperator) {
    return [...PAGES.filter(({ needs }) => needs === 'operator'), ...PAGES.filter(({ id }) => COMMON.includes(id))];
  }
  return PAGES.filter(({ needs }) => {
    return needs === null || (needs !== 'operator' && session.has(needs));
  });
}
