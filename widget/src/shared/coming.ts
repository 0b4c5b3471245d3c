/** Events whose contracts are agreed and whose server is being built; goes when contracts.gen.ts has them. */
import type { Empty, InvitationOutcome, InvitationShow, VisitSignal, WatchChanged } from './contracts.gen';

declare module './contracts.gen' {
  interface VisitorAsks {
    'visit:signal': { payload: VisitSignal; reply: Empty };
    'invitation:outcome': { payload: InvitationOutcome; reply: Empty };
  }
  interface VisitorTells {
    'invitation:show': InvitationShow;
    'watch:changed': WatchChanged;
  }
}
