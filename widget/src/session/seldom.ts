/** What a link needs seldom: other tabs, and what to do in trouble. Loaded then; see link.ts. */
import type { Core } from './link';
import { createTabs, type Tabs } from './tabs';
import { createTrouble, type Trouble } from './trouble';

export type Seldom = Tabs & Trouble;

export const createSeldom = (core: Core): Seldom => ({ ...createTabs(core), ...createTrouble(core) });
