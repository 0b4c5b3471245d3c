// Departments where the console names them: in its own language, or in whatever language there is.
import type { Department } from '../../../widget/src/shared/contracts.gen';
import { currentLocale } from '../../../widget/src/shared/gettext';

export function departmentName({ names }: Pick<Department, 'names'>): string {
  const own = names[currentLocale().slice(0, 2) as keyof Department['names']];
  return own || names.en || Object.values(names)[0] || '';
}
